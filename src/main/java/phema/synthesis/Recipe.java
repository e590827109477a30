package phema.synthesis;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import phema.digest.Digest;
import phema.format.FilePart;
import phema.format.Layout;
import phema.format.Tensor;
import phema.format.WeightFile;

/**
 * Holds everything that determines the bytes of files to be synthesized.
 *
 * @param inputs the files that are combined; all hold the same tensors
 */
record Recipe(List<WeightFile> inputs, List<RecipeOutput> outputs) {
    /**
     * The version of the engine, part of every identity: it changes when the same recipe gives other bytes than it used
     * to.
     */
    private static final String ENGINE = "phema-1";

    /**
     * One synthesized set of weights.
     *
     * @param template the newest file: gives tensor names, their order, and all that is not combined
     * @param files one, or several shards and their index
     */
    record RecipeOutput(WeightFile template, Coefficients coefficients, List<Layout> files) {
        RecipeOutput {
            files = List.copyOf(files);
        }
    }

    Recipe {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
    }

    /** Whether a tensor is combined; the others are what they are in the template. */
    static boolean combines(Tensor tensor) {
        return tensor.isFloatingParameter();
    }

    /**
     * 40 hex digits over the inputs (name, size, time stamp, structure, probe), the coefficients
     * and the layout of one file.
     */
    String identity(RecipeOutput output, Layout file) {
        Fields digest = new Fields();
        digest.text(ENGINE);
        List<float[]> coefficients = output.coefficients.all();
        digest.number(coefficients.size());
        for (int j = 0; j < inputs.size(); j++) {
            int input = j;
            if (coefficients.stream().allMatch(c -> c[input] == 0)) continue;
            for (float[] c : coefficients) digest.number(Float.floatToRawIntBits(c[j]));
            digest.parts(inputs.get(j));
            // What else is in the same file is told from this by where it lies.
            if (isOneOfSeveral(j)) for (Tensor tensor : inputs.get(j).tensors()) digest.number(tensor.offset());
        }
        digest.parts(output.template);
        digest.text(file.fileName());
        for (Layout.Segment segment : file.segments()) {
            switch (segment) {
                case Layout.Literal literal -> {
                    digest.number(literal.bytes());
                    digest.sha256.add(literal.content());
                }
                case Layout.Verbatim verbatim -> {
                    digest.number(verbatim.offset());
                    digest.number(verbatim.bytes());
                }
                case Layout.TensorElements elements -> {
                    digest.text(elements.tensor().name());
                    digest.text(elements.tensor().role().name());
                    digest.number(coefficients.indexOf(
                            output.coefficients.of(elements.tensor().name())));
                    digest.number(elements.tensor().offset());
                    digest.text(elements.dtype().name());
                    digest.text(elements.axes().toString());
                }
            }
        }
        return digest.sha256.hex(40);
    }

    /** What tells a file from others of the same {@link #identity}, whose inputs lie elsewhere. */
    String placed(String identity) {
        Fields digest = new Fields();
        digest.text(identity);
        for (WeightFile input : inputs)
            for (FilePart part : input.parts()) digest.text(part.path().toUri().toString());
        return digest.sha256.hex(40);
    }

    /** Whether a neighbour, as those of one file are, is of the same file. */
    private boolean isOneOfSeveral(int input) {
        Path path = inputs.get(input).path();
        return input > 0 && inputs.get(input - 1).path().equals(path)
                || input + 1 < inputs.size() && inputs.get(input + 1).path().equals(path);
    }

    /** SHA-256 over fields that cannot run into each other. */
    private static final class Fields {
        final Digest sha256 = Digest.sha256();

        void number(long value) {
            sha256.add(ByteBuffer.allocate(Long.BYTES).putLong(value).array());
        }

        void text(String value) {
            byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
            number(bytes.length);
            sha256.add(bytes);
        }

        void parts(WeightFile file) {
            for (FilePart part : file.parts()) {
                text(String.valueOf(part.path().getFileName()));
                number(part.size());
                number(part.modified().getEpochSecond());
                number(part.modified().getNano());
                text(part.digest());
                if (!part.probe().isEmpty()) text(part.probe());
            }
        }
    }
}
