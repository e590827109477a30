package phema.synthesis;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import phema.catalog.Run;
import phema.format.Tensor;
import phema.format.WeightFile;
import phema.format.WeightFiles;
import phema.profile.ProfileSpec;
import phema.solver.Fit;
import phema.solver.SolverKind;
import phema.tensor.DType;
import phema.text.Labels;

/** Says in the metadata of files where their weights come from, and compares files that exist with what they say. */
final class Provenance {
    private static final String ERROR = "phema.predictedRelativeError";

    /** The keys of what decides which average a file is, with their words. */
    private static final Map<String, String> DECISIVE = new TreeMap<>(Map.of(
            WeightFiles.PROFILE,
            "average",
            "phema.time",
            "time",
            "phema.solver",
            "solver",
            "phema.weights",
            "weights",
            "phema.layers",
            "layers"));

    private Provenance() {}

    /** For whoever finds the file later. */
    static Map<String, String> metadata(Run run, FittedTarget target) {
        Fit fit = target.fit();
        Map<String, String> metadata = new TreeMap<>();
        metadata.put(WeightFiles.PROFILE, ProfileSpec.print(fit.target()));
        metadata.put(
                "phema.time", String.format(Locale.ROOT, "%.0f", fit.target().endTime()));
        metadata.put("phema.solver", Labels.of(fit.method()));
        if (fit.method() == SolverKind.GIVEN)
            metadata.put(
                    "phema.weights",
                    IntStream.range(0, run.snapshots().size())
                            .filter(i -> fit.coefficients().get(i) != 0)
                            .mapToObj(i -> run.snapshots().get(i).name() + "="
                                    + fit.coefficients().get(i))
                            .collect(Collectors.joining(",")));
        if (!target.layers().isEmpty())
            metadata.put(
                    "phema.layers",
                    target.layers().stream().map(LayerFit::toString).collect(Collectors.joining("; ")));
        double error = target.predictedRelativeError();
        if (!Double.isNaN(error)) metadata.put(ERROR, String.format(Locale.ROOT, "%.3g", error));
        return metadata;
    }

    /**
     * What a file says of itself that is not so of these weights, as ends of sentences; none of a file that says
     * nothing.
     *
     * @param tensors those of the weights, in the types in which they are written
     * @param named whether files hold these tensors and no others, by these names
     */
    static List<String> contradictions(
            WeightFile file, Map<String, String> metadata, Map<Tensor, DType> tensors, boolean named) {
        List<String> contradictions = new ArrayList<>();
        if (file.metadata().containsKey(WeightFiles.PROFILE))
            DECISIVE.forEach((key, word) -> {
                String stated = file.metadata().getOrDefault(key, "none");
                String asked = metadata.getOrDefault(key, "none");
                if (!stated.equals(asked))
                    contradictions.add("it states the " + word + " " + stated + ", not " + asked);
            });
        tensors.entrySet().stream()
                .map(entry -> contradiction(file, entry.getKey(), entry.getValue(), named))
                .flatMap(Optional::stream)
                .findFirst()
                .ifPresent(contradictions::add);
        if (named && contradictions.isEmpty() && file.tensors().size() > tensors.size())
            contradictions.add("it holds " + file.tensors().size() + " tensors, not " + tensors.size());
        return contradictions;
    }

    private static Optional<String> contradiction(WeightFile file, Tensor tensor, DType dtype, boolean named) {
        Optional<Tensor> found = file.tensor(tensor.name());
        if (found.isEmpty())
            return named ? Optional.of("it holds no tensor `" + tensor.name() + "`") : Optional.empty();
        String is = found.get().dtype() + " " + found.get().shape();
        String asked = dtype + " " + tensor.shape();
        return is.equals(asked)
                ? Optional.empty()
                : Optional.of("its tensor `" + tensor.name() + "` is " + is + ", not " + asked);
    }

    /** What hints that a file was made of other snapshots, where it is the average that it should be. */
    static Optional<String> doubt(WeightFile file, Map<String, String> metadata) {
        String stated = file.metadata().get(ERROR);
        String now = metadata.get(ERROR);
        return stated == null || stated.equals(now)
                ? Optional.empty()
                : Optional.of("it states a predicted error of " + stated + ", and "
                        + (now == null ? "none can be predicted" : now + " is predicted")
                        + " now: it was made of other snapshots, or by another version");
    }
}
