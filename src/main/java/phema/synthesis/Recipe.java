package phema.synthesis;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import phema.format.FilePart;
import phema.format.Layout;
import phema.format.Tensor;
import phema.format.WeightFile;

/**
 * Everything that determines the bytes of files to be synthesized.
 *
 * @param inputs the files that are combined; all hold the same tensors
 */
record Recipe(List<WeightFile> inputs, List<RecipeOutput> outputs) {
    /** Part of every identity: changes when the same recipe gives other bytes than it used to. */
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
        return tensor.role() == Tensor.TensorRole.PARAMETER && tensor.dtype().isFloating();
    }

    /** 40 hex digits over the inputs (name, size, time stamp, structure), the coefficients and the layout of one file. */
    String identity(RecipeOutput output, Layout file) {
        Digest digest = new Digest();
        digest.text(ENGINE);
        List<float[]> coefficients = output.coefficients.all();
        digest.number(coefficients.size());
        for (int j = 0; j < inputs.size(); j++) {
            int input = j;
            if (coefficients.stream().allMatch(c -> c[input] == 0)) continue;
            for (float[] c : coefficients) digest.number(Float.floatToRawIntBits(c[j]));
            digest.parts(inputs.get(j));
        }
        digest.parts(output.template);
        digest.text(file.fileName());
        for (Layout.Segment segment : file.segments()) {
            switch (segment) {
                case Layout.Literal literal -> {
                    digest.number(literal.bytes());
                    digest.sha.update(literal.content());
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
        return HexFormat.of().formatHex(digest.sha.digest(), 0, 20);
    }

    /** SHA-256 over fields that cannot run into each other. */
    private static final class Digest {
        final MessageDigest sha;

        Digest() {
            try {
                sha = MessageDigest.getInstance("SHA-256");
            } catch (NoSuchAlgorithmException e) {
                throw new AssertionError("every Java platform has SHA-256", e);
            }
        }

        void number(long value) {
            for (int shift = 56; shift >= 0; shift -= 8) sha.update((byte) (value >> shift));
        }

        void text(String value) {
            byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
            number(bytes.length);
            sha.update(bytes);
        }

        void parts(WeightFile file) {
            for (FilePart part : file.parts()) {
                text(String.valueOf(part.path().getFileName()));
                number(part.size());
                number(part.modified().getEpochSecond());
                number(part.modified().getNano());
                text(part.digest());
            }
        }
    }
}
