package phema.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import phema.problem.Problem;
import phema.profile.Profile;
import phema.profile.ProfileSpec;
import phema.solver.Planning;
import phema.solver.Planning.Scheme;
import phema.synthesis.Names;
import phema.tensor.DType;
import phema.text.ByteSize;
import phema.text.Labels;

/** Compares ways to store a run before it begins: how often, which averages, in which type. */
final class StoragePlan {
    private static final List<List<String>> USUAL_SETS = List.of(
            List.of("impulse"),
            List.of("power:0.05"),
            List.of("power:0.1"),
            List.of("power:0.05", "power:0.1"),
            List.of("power:0.05", "power:0.2"));

    private static final String WIDTH = "power:";
    private static final int MOST_FILES = 1024;

    private final List<PlannedAverage> targets;
    private final double limit;
    private final OptionalLong params;
    private final List<Outlook> outlooks;

    /** An average that shall be possible. @param asked as the user wrote it: {@code 0.03}, {@code decay:cosine:1} */
    record PlannedAverage(String asked, Profile profile) {}

    /** A way to store a run, and the errors that it would lead to. */
    private record Outlook(Scheme scheme, List<Double> errors) {
        double worst() {
            return errors.stream().mapToDouble(x -> x).max().orElseThrow();
        }
    }

    /**
     * @param planning how weights are assumed to move
     * @param targets that shall be possible at the end
     * @param limit largest predicted relative error that is good enough
     * @param params weights of the model, for sizes in bytes
     */
    StoragePlan(
            Planning planning, List<Scheme> schemes, List<PlannedAverage> targets, double limit, OptionalLong params) {
        this.targets = targets;
        List<Profile> profiles = targets.stream().map(PlannedAverage::profile).toList();
        this.limit = limit;
        this.params = params;
        outlooks = schemes.stream()
                .map(scheme -> new Outlook(scheme, planning.errors(scheme, profiles)))
                .sorted(Comparator.<Outlook>comparingLong(o -> o.scheme().bytes(1))
                        .thenComparing(Outlook::worst))
                .toList();
    }

    /**
     * Every way that is to be compared.
     *
     * @param counts how often snapshots could be stored
     * @param stored profiles of what is stored each time; several usual sets when empty
     * @param dtype the only type, or each that weights are usually stored in
     */
    static List<Scheme> schemes(List<Double> counts, List<String> stored, Optional<DType> dtype) {
        List<DType> dtypes = dtype.map(List::of).orElse(List.of(DType.F16, DType.BF16, DType.F32));
        List<Scheme> schemes = new ArrayList<>();
        for (double count : counts) {
            if (!(count >= 2 && count <= MOST_FILES && count == Math.rint(count)))
                throw Problem.invalid("times", "--times must be whole numbers in 2.." + MOST_FILES + ", not " + count);
            for (List<String> set : stored.isEmpty() ? USUAL_SETS : List.of(stored))
                for (DType each : dtypes) schemes.add(new Scheme((int) count, set, each));
        }
        return schemes;
    }

    List<Map<String, Object>> asJson() {
        return outlooks.stream().map(this::asJson).toList();
    }

    private Map<String, Object> asJson(Outlook outlook) {
        Map<String, Object> view = new LinkedHashMap<>();
        view.put("times", outlook.scheme().times());
        view.put("stored", outlook.scheme().stored());
        view.put(
                "sigmaRels",
                outlook.scheme().stored().stream()
                        .filter(spec -> spec.startsWith(WIDTH))
                        .map(spec -> Double.valueOf(spec.substring(WIDTH.length())))
                        .toList());
        view.put("dtype", Labels.inWords(outlook.scheme().dtype()));
        view.put("bytes", outlook.scheme().bytes(params.orElse(1)));
        view.put(
                "errors",
                IntStream.range(0, targets.size())
                        .boxed()
                        .collect(Collectors.toMap(
                                i -> targets.get(i).asked(), outlook.errors()::get, (a, b) -> a, LinkedHashMap::new)));
        view.put("withinMaxError", outlook.worst() <= limit);
        return view;
    }

    /** @param like the run that weights are assumed to move as in */
    void print(PrintWriter out, String like) {
        outlooks.stream()
                .filter(o -> o.worst() <= limit)
                .findFirst()
                .ifPresentOrElse(
                        o -> out.printf(
                                Locale.ROOT,
                                "recommended, the smallest within %s: %d times %s in %s, %s%n",
                                CommandOutput.error(limit),
                                o.scheme().times(),
                                lengths(o.scheme()),
                                Labels.inWords(o.scheme().dtype()),
                                size(o.scheme())),
                        () -> out.printf(
                                "none is within %s of all that is asked for; try more --times, or ask for less with "
                                        + "--outstd, --profile or --max-error%n",
                                CommandOutput.error(limit)));
        out.println("predicted relative errors at the end of the run, for weights that move as in " + like);
        List<String> header =
                new ArrayList<>(List.of("times", "stored", "dtype", params.isEmpty() ? "per weight" : "size"));
        targets.forEach(target -> header.add("at " + target.asked()));
        Table table = new Table(header.toArray(String[]::new));
        for (Outlook outlook : outlooks) {
            List<String> row = new ArrayList<>(List.of(
                    String.valueOf(outlook.scheme().times()),
                    lengths(outlook.scheme()),
                    Labels.inWords(outlook.scheme().dtype()),
                    size(outlook.scheme())));
            outlook.errors().forEach(error -> row.add(CommandOutput.error(error)));
            table.row(row.toArray(String[]::new));
        }
        table.print(out);
    }

    private String size(Scheme scheme) {
        return params.isEmpty() ? scheme.bytes(1) + " B" : ByteSize.print(scheme.bytes(params.getAsLong()));
    }

    private static String lengths(Scheme scheme) {
        return scheme.stored().stream()
                .map(spec -> spec.equals("impulse")
                        ? "raw"
                        : spec.startsWith(WIDTH) ? Names.width(ProfileSpec.parse(spec, 1)) : spec)
                .collect(Collectors.joining("+"));
    }
}
