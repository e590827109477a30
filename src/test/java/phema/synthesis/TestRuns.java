package phema.synthesis;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
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
import phema.Fixtures;
import phema.TestWeights;
import phema.TestWeights.Entry;
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

/** Runs on disk, and what is in them. */
final class TestRuns {
    private TestRuns() {}

    static Run fixture(String name) throws IOException {
        return RunScanner.scan(Fixtures.fixture(name), Selection.DEFAULT);
    }

    static WeightFile safetensors(Path path, Entry... tensors) throws IOException {
        return safetensors(path, List.of(tensors));
    }

    static WeightFile safetensors(Path path, List<Entry> tensors) throws IOException {
        return WeightFiles.read(TestWeights.safetensors(path, Map.of(), tensors));
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
        return Entry.random("", tensor.dtype(), random, tensor.storageElements())
                .bytes();
    }

    /** A run of these files, at times 1024, 2048, ... */
    static Run run(WeightFile... files) {
        List<Snapshot> snapshots = new ArrayList<>();
        for (WeightFile file : files)
            snapshots.add(new Snapshot(
                    String.valueOf(file.path().getFileName()),
                    file,
                    Power.ofSigmaRel(0.1, 1024 * (snapshots.size() + 1)),
                    new Sample(new double[0], 0)));
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
                List.of());
    }

    /** The combination of one tensor in double precision, and the sum of the terms' absolute values. */
    static double[][] exact(Run run, Fit fit, String tensor) throws IOException {
        double[] sum = {};
        double[] magnitude = {};
        for (int j = 0; j < run.snapshots().size(); j++) {
            double[] x = TestWeights.values(run.snapshots().get(j).file(), tensor);
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

    static byte[] bytes(Content content) throws IOException {
        return range(content, 0, content.size());
    }

    static byte[] range(Content content, long offset, long length) throws IOException {
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
