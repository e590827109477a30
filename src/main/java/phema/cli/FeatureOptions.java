package phema.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import phema.metrics.FeatureNetwork;
import phema.metrics.Metric;
import phema.metrics.OnnxNetwork;
import phema.metrics.RandomNetwork;
import phema.metrics.References;
import phema.problem.Problem;
import phema.storage.Locations;
import picocli.CommandLine.Option;

/** Says which metrics, by which feature networks. */
final class FeatureOptions {
    @Option(
            names = "--metrics",
            split = ",",
            paramLabel = "NAME",
            description =
                    "fid, fd_dinov2, fd_random (default: those of --features, or fd_random, which needs no file and "
                            + "is not comparable with FID).")
    private List<String> metrics = new ArrayList<>();

    @Option(
            names = "--features",
            split = ",",
            paramLabel = "[NAME=]FILE",
            description =
                    "ONNX feature network: fid=inception.onnx, fd_dinov2=dinov2.onnx. The name may be left out with "
                            + "a single metric.")
    private List<String> features = new ArrayList<>();

    @Option(names = "--batch", defaultValue = "64", description = "Images at once (default: ${DEFAULT-VALUE}).")
    private int batch;

    int batch() {
        if (batch < 1) throw Problem.invalid("batch", "--batch must be at least 1, not " + batch);
        return batch;
    }

    /** Networks that a command has opened. */
    record Networks(List<FeatureNetwork> all) implements AutoCloseable {
        /** Checks for references before hours of work, not after. */
        void requireReferences(References references) {
            for (FeatureNetwork network : all) references.of(network.metric());
        }

        @Override
        public void close() {
            all.forEach(FeatureNetwork::close);
        }
    }

    Networks open() throws IOException {
        List<Metric> wanted = metrics.stream().map(Metric::named).distinct().toList();
        SequencedMap<Metric, Path> files = files(wanted);
        if (wanted.isEmpty()) wanted = files.isEmpty() ? List.of(Metric.FD_RANDOM) : List.copyOf(files.keySet());
        for (Metric metric : files.keySet())
            if (!wanted.contains(metric))
                throw Problem.invalid(
                        "features", "--features has a network for " + metric.word() + ", which --metrics leaves out");
        Networks networks = new Networks(new ArrayList<>());
        try {
            for (Metric metric : wanted) networks.all().add(network(metric, files));
            return networks;
        } catch (IOException | RuntimeException e) {
            networks.close();
            throw e;
        }
    }

    private SequencedMap<Metric, Path> files(List<Metric> wanted) {
        SequencedMap<Metric, Path> files = new LinkedHashMap<>();
        for (String feature : features) {
            int equals = feature.indexOf('=');
            if (equals < 0 && wanted.size() != 1)
                throw Problem.invalid(
                        "features", "--features " + feature + ": say what it is for, as in fid=" + feature);
            Metric metric = equals < 0 ? wanted.getFirst() : Metric.named(feature.substring(0, equals));
            if (files.put(metric, Locations.path(feature.substring(equals + 1))) != null)
                throw Problem.invalid("features", "--features has two networks for " + metric.word());
        }
        return files;
    }

    private static FeatureNetwork network(Metric metric, Map<Metric, Path> files) throws IOException {
        Path file = files.get(metric);
        if (file != null) return OnnxNetwork.open(metric, file);
        if (metric == Metric.FD_RANDOM) return new RandomNetwork();
        throw Problem.invalid(
                "features",
                metric.word() + " needs its feature network: --features " + metric.word()
                        + "=FILE.onnx; src/interop/export_features.py makes it");
    }
}
