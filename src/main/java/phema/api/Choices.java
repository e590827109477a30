package phema.api;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import phema.format.Format;
import phema.problem.Problem;
import phema.solver.FilesToRead;
import phema.solver.FitOptions;
import phema.solver.SolverKind;
import phema.sweep.SweepSpec;
import phema.synthesis.FileWeights;
import phema.tensor.DType;
import phema.text.Labels;

/** Lists the words of requests, each with its default. */
public final class Choices {
    private Choices() {}

    private static SolverKind solver(@Nullable String word) {
        return word == null ? SolverKind.BLUP : Labels.parse("solver", word, SolverKind.SOLVERS);
    }

    private static FilesToRead files(@Nullable String word) {
        return word == null ? FilesToRead.FEWEST : Labels.parse("files", word, FilesToRead.values());
    }

    public static FitOptions options(@Nullable String solver, @Nullable String files, @Nullable Boolean laterFiles) {
        FitOptions options = FitOptions.of(solver(solver), files(files));
        if (!Boolean.TRUE.equals(laterFiles)) return options;
        if (options.method() == SolverKind.PAPER)
            throw Problem.invalid(
                    "laterFiles", "laterFiles needs the solver blup: paper reads no file later than time");
        return options.withLaterFiles();
    }

    /** Weights of files, where a request has them instead of a target. */
    public static Optional<FileWeights> weights(
            @Nullable String weights, @Nullable Boolean normalize, @Nullable String like, FitOptions options) {
        if (weights == null) {
            if (like != null)
                throw Problem.invalid("like", "like says what weights are asked to be, and there are none");
            if (normalize != null)
                throw Problem.invalid("normalize", "normalize is said of weights, and there are none");
            return Optional.empty();
        }
        if (options.method() != SolverKind.BLUP)
            throw Problem.invalid("solver", "solver: weights are taken as they are");
        return Optional.of(new FileWeights(weights, Boolean.TRUE.equals(normalize), Optional.ofNullable(like)));
    }

    public static SweepSpec.SweepMode mode(@Nullable String word) {
        return word == null ? SweepSpec.SweepMode.GRID : Labels.parse("mode", word, SweepSpec.SweepMode.values());
    }

    /** Empty for {@code same}: each tensor keeps the type that it is stored in. */
    public static Optional<DType> dtype(@Nullable String word) {
        return word == null || word.equals("same")
                ? Optional.empty()
                : Optional.of(Labels.parse("dtype", word, DType.F16, DType.BF16, DType.F32));
    }

    /** Empty for {@code same}: files like the run's own. */
    public static Optional<Format> formatOrSame(@Nullable String word) {
        return word == null || word.equals("same") ? Optional.empty() : Optional.of(format(word));
    }

    /** @throws Problem when one of them is none */
    static List<String> texts(String field, List<@Nullable String> given) {
        List<String> texts = new ArrayList<>();
        for (String text : given) {
            if (text == null) {
                String one = field + "[" + texts.size() + "]";
                throw Problem.invalid(one, one + " is null, and no text");
            }
            texts.add(text);
        }
        return texts;
    }

    public static Format format(String extension) {
        try {
            return Format.parse(extension);
        } catch (IllegalArgumentException unknown) {
            throw Problem.unknown("format", String.valueOf(unknown.getMessage()));
        }
    }
}
