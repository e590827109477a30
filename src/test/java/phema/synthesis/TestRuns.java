package phema.synthesis;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import phema.catalog.Run;
import phema.catalog.RunScanner;
import phema.catalog.Sample;
import phema.catalog.Selection;
import phema.catalog.Snapshot;
import phema.format.Edm2PickleGenerator;
import phema.format.Edm2PickleGenerator.Node;
import phema.format.Edm2PickleGenerator.StoredTensor;
import phema.format.Tensor;
import phema.format.WeightFile;
import phema.format.WeightFiles;
import phema.profile.Power;
import phema.solver.Fit;
import phema.solver.SolverKind;
import phema.tensor.DType;
import phema.tensor.Elements;
import phema.tensor.Shape;

/** Runs on disk, and what is in them. */
final class TestRuns {
    static final Path FIXTURES = Path.of("src/test/resources/fixtures");

    private TestRuns() {}

    static Run fixture(String name) throws IOException {
        return RunScanner.scan(FIXTURES.resolve(name), Selection.DEFAULT);
    }

    /** A tensor to be stored, with its elements as bytes. */
    record Content(String name, DType dtype, Shape shape, byte[] bytes) {
        static Content of(String name, DType dtype, Shape shape, float... values) {
            return new Content(name, dtype, shape, encode(dtype, values));
        }

        /** Numbers around one half, so that every type can hold them. */
        static Content random(String name, DType dtype, Random random, long... dims) {
            Shape shape = Shape.of(dims);
            float[] values = new float[(int) shape.elements()];
            for (int i = 0; i < values.length; i++) values[i] = (float) random.nextGaussian() / 2;
            return of(name, dtype, shape, values);
        }
    }

    static byte[] encode(DType dtype, float... values) {
        byte[] bytes = new byte[values.length * dtype.bytes()];
        Elements.fromFloats(dtype, values, 0, values.length, MemorySegment.ofArray(bytes), 0);
        return bytes;
    }

    static WeightFile safetensors(Path path, Content... tensors) throws IOException {
        return safetensors(path, List.of(tensors));
    }

    static WeightFile safetensors(Path path, List<Content> tensors) throws IOException {
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        List<String> entries = new ArrayList<>();
        for (Content tensor : tensors) {
            int begin = data.size();
            data.writeBytes(tensor.bytes);
            entries.add("\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
                    .formatted(tensor.name, tensor.dtype, tensor.shape, begin, data.size()));
        }
        byte[] header = ("{" + String.join(",", entries) + "}").getBytes(StandardCharsets.UTF_8);
        ByteBuffer length =
                ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(0, header.length);
        try (OutputStream out = Files.newOutputStream(path)) {
            out.write(length.array());
            out.write(header);
            data.writeTo(out);
        }
        return WeightFiles.read(path);
    }

    /** An EDM2 snapshot whose storages are filled with random elements, the same for the same seed. */
    static WeightFile pickle(
            Path path, long seed, Map<String, StoredTensor> parameters, Map<String, StoredTensor> buffers)
            throws IOException {
        Random random = new Random(seed);
        Node root = new Node("Net", Map.of(), parameters, buffers, Map.of());
        try (OutputStream out = Files.newOutputStream(path)) {
            Edm2PickleGenerator.write(
                    root, "class Net: pass\n", (tensor, to) -> to.write(elements(tensor, random)), out);
        }
        return WeightFiles.read(path);
    }

    private static byte[] elements(StoredTensor tensor, Random random) {
        byte[] bytes = new byte[(int) tensor.storageElements() * tensor.dtype().bytes()];
        if (!tensor.dtype().isFloating()) {
            random.nextBytes(bytes);
            return bytes;
        }
        return Content.random("", tensor.dtype(), random, tensor.storageElements()).bytes;
    }

    /** A run of these files, at times 1024, 2048, ... */
    static Run run(WeightFile... files) {
        List<Snapshot> snapshots = new ArrayList<>();
        for (WeightFile file : files)
            snapshots.add(new Snapshot(
                    String.valueOf(file.path().getFileName()),
                    file,
                    Power.ofSigmaRel(0.1, 1024 * (snapshots.size() + 1)),
                    new Sample(new double[0], new double[0])));
        return new Run("run", Path.of("run"), snapshots, List.of(), List.of());
    }

    /** A fit for the end of the run with these very coefficients. */
    static Fit fit(Run run, double... coefficients) {
        return new Fit(
                Power.ofSigmaRel(0.1, run.snapshots().getLast().time()),
                SolverKind.BLUP,
                DoubleStream.of(coefficients).boxed().toList(),
                Map.of(),
                1,
                1,
                0,
                0,
                List.of());
    }

    /** Elements of a tensor in row-major order. */
    static double[] values(WeightFile file, String name) throws IOException {
        Tensor tensor = file.tensors().get(file.indexOf(name, 0));
        int width = tensor.dtype().bytes();
        double[] values = new double[(int) tensor.elements()];
        ByteBuffer element = ByteBuffer.allocate(width);
        try (FileChannel channel =
                FileChannel.open(file.parts().get(tensor.part()).path())) {
            for (int i = 0; i < values.length; i++) {
                long rest = i;
                long index = 0;
                for (int axis = tensor.shape().rank() - 1; axis >= 0; axis--) {
                    long dim = tensor.shape().dims().get(axis);
                    index += rest % dim * tensor.strides().get(axis);
                    rest /= dim;
                }
                channel.read(element.clear(), tensor.offset() + index * width);
                Elements.toDoubles(tensor.dtype(), MemorySegment.ofArray(element.array()), 0, values, i, 1);
            }
        }
        return values;
    }

    /** The combination of one tensor in double precision, and the sum of the terms' absolute values. */
    static double[][] exact(Run run, Fit fit, String tensor) throws IOException {
        double[] sum = {};
        double[] magnitude = {};
        for (int j = 0; j < run.snapshots().size(); j++) {
            double[] x = values(run.snapshots().get(j).file(), tensor);
            if (j == 0) {
                sum = new double[x.length];
                magnitude = new double[x.length];
            }
            for (int i = 0; i < x.length; i++) {
                double term = fit.coefficients().get(j) * x[i];
                sum[i] += term;
                magnitude[i] += Math.abs(term);
            }
        }
        return new double[][] {sum, magnitude};
    }

    static byte[] bytes(phema.synthesis.Content content) throws IOException {
        return range(content, 0, content.size());
    }

    static byte[] range(phema.synthesis.Content content, long offset, long length) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        content.transferTo(Channels.newChannel(out), offset, length);
        return out.toByteArray();
    }

    /** What a folder holds, hidden files too. */
    static List<String> names(Path folder) throws IOException {
        if (!Files.exists(folder)) return List.of();
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.map(e -> String.valueOf(e.getFileName())).sorted().toList();
        }
    }

    /** Tensors of a file by name, for comparison with another. */
    static Map<String, List<Object>> structure(WeightFile file) {
        return file.tensors().stream().collect(Collectors.toMap(Tensor::name, t -> List.of(t.dtype(), t.shape())));
    }

    static double norm(double[] values) {
        return Math.sqrt(Arrays.stream(values).map(v -> v * v).sum());
    }
}
