package phema.cli;

import static com.fasterxml.jackson.annotation.JsonInclude.Include.NON_NULL;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import phema.catalog.Excluded;
import phema.catalog.Run;
import phema.profile.ProfileSpec;
import phema.solver.Fit;
import phema.solver.SolverKind;
import phema.synthesis.Names;
import phema.text.ByteSize;
import phema.text.Labels;
import picocli.CommandLine.Model.CommandSpec;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** Prints what several commands print. */
final class CommandOutput {
    private static final int MOST_NAMES = 3;

    private CommandOutput() {}

    static PrintWriter of(@Nullable CommandSpec spec) {
        return Objects.requireNonNull(spec).commandLine().getOut();
    }

    static PrintWriter errors(@Nullable CommandSpec spec) {
        return Objects.requireNonNull(spec).commandLine().getErr();
    }

    static void json(PrintWriter out, Object value) {
        out.println(JsonMapper.builder()
                .changeDefaultPropertyInclusion(any -> JsonInclude.Value.construct(NON_NULL, NON_NULL))
                .enable(SerializationFeature.INDENT_OUTPUT)
                .build()
                .writeValueAsString(value));
    }

    /** {@code 32 snapshots of sigma_rel 0.050 0.100, times 16384 to 262144, 562 kB}. */
    static String summary(Run run) {
        if (run.snapshots().isEmpty()) return "no usable snapshots";
        String profiles = run.snapshots().stream()
                .map(snapshot -> Names.width(snapshot.profile()))
                .distinct()
                .sorted()
                .collect(Collectors.joining(" "));
        return String.format(
                Locale.ROOT,
                "%d %s, times %.0f to %.0f, %s",
                run.snapshots().size(),
                kind(profiles),
                run.oldestTime(),
                run.newestTime(),
                ByteSize.print(
                        run.snapshots().stream().mapToLong(s -> s.file().size()).sum()));
    }

    private static String kind(String profiles) {
        if (profiles.equals("impulse")) return "raw checkpoints";
        return "snapshots of " + (Character.isDigit(profiles.charAt(0)) ? "sigma_rel " : "") + profiles;
    }

    /** What is odd about a run, one line each, the worst last; of files that are left out alike the first says why. */
    static void notices(PrintWriter out, Run run) {
        notices(out, run, MOST_NAMES);
    }

    /** @param names how many names of files are listed at most that are left out as another is */
    static void notices(PrintWriter out, Run run, int names) {
        for (String notice : run.notices()) out.println("note: " + notice);
        Map<String, List<Excluded>> alike = new LinkedHashMap<>();
        for (Excluded excluded : run.excluded())
            alike.computeIfAbsent(excluded.reason() + why(run, excluded), any -> new ArrayList<>())
                    .add(excluded);
        for (List<Excluded> files : alike.values()) {
            Excluded first = files.getFirst();
            out.println("not used (" + Labels.inWords(first.reason()) + "): " + first.message());
            if (files.size() > 1)
                out.println("  and for the same reason " + (files.size() - 1) + " more: "
                        + files.stream()
                                .skip(1)
                                .limit(names)
                                .map(Excluded::name)
                                .collect(Collectors.joining(", "))
                        + (files.size() - 1 > names ? ", ..." : ""));
        }
        run.newer().ifPresent(files -> out.println("warning: " + files.message()));
    }

    /** Why a file is left out, without its own name. */
    static String why(Run run, Excluded excluded) {
        return excluded.message()
                .replace(run.folder().relativize(excluded.path()).toString(), "")
                .replace(excluded.name(), "");
    }

    /** How near weights that were given come to what they are asked to be, and blup would. */
    static String given(Fit fit) {
        if (fit.predictedRelativeErrors().isEmpty())
            return "no error is predicted; --like SPEC says which average they are asked to be";
        String like = Names.described(fit.target());
        return "predicted error %s of %s (blup: %s, with --profile %s instead)"
                .formatted(
                        error(fit.predictedRelativeError()),
                        like,
                        error(fit.predictedRelativeErrors().get(SolverKind.BLUP)),
                        ProfileSpec.print(fit.target()));
    }

    static String error(@Nullable Double relative) {
        return relative == null || !Double.isFinite(relative)
                ? "unknown"
                : String.format(Locale.ROOT, "%.1e", relative);
    }
}
