package phema.dashboard;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import phema.evaluation.Axes;
import phema.evaluation.Axis;
import phema.evaluation.Guides;
import phema.solver.FilesToRead;
import phema.solver.SolverKind;
import phema.sweep.SweepFilter;
import phema.sweep.SweepSpec;
import phema.text.Labels;

/** Writes the lines that give what a page shows of a sweep. */
final class SweepLines {
    private SweepLines() {}

    /** For its results: the command that asks this service for the same, which evaluates nothing again. */
    static List<CopyLine> of(String id, SweepSpec spec) {
        return Stream.concat(
                        Stream.of(CopyLine.command(command(spec, "results.csv"))),
                        CopyLine.csv("/api/v1/sweeps/" + CopyLine.segment(id) + "/results.csv").stream())
                .toList();
    }

    /** For the results of several sweeps, a file each. */
    static List<CopyLine> of(Map<String, SweepSpec> byId) {
        List<String> commands = byId.entrySet().stream()
                .map(each -> command(each.getValue(), each.getKey() + ".csv"))
                .toList();
        return Stream.concat(
                        Stream.of(CopyLine.command(String.join(" && ", commands))),
                        CopyLine.csvs("/api/v1/sweeps/", List.copyOf(byId.keySet())).stream())
                .toList();
    }

    /** For a page of the list of sweeps. Each has a command that gives its results; none gives the list. */
    static List<CopyLine> list(SweepFilter filter, int page, int size) {
        String query = Stream.of(
                        filter.run().map(run -> "run=" + CopyLine.value(run)),
                        filter.tag().map(tag -> "tag=" + CopyLine.value(tag)),
                        Optional.of("archived=true").filter(asked -> filter.archived()),
                        Optional.of("page=" + page).filter(asked -> page > 0),
                        Optional.of("size=" + size))
                .flatMap(Optional::stream)
                .collect(Collectors.joining("&", "?", ""));
        return CopyLine.json("/api/v1/sweeps" + query);
    }

    /** @param file for its results */
    private static String command(SweepSpec spec, String file) {
        return command(spec) + " --url " + CopyLine.quoted(CopyLine.address()) + " --csv " + file;
    }

    /** {@code phema sweep demo --outstd 0.05,0.10 --evaluator builtin --metric fid}. */
    static String command(SweepSpec spec) {
        List<String> words = new ArrayList<>(List.of("phema", "sweep", CopyLine.quoted(spec.run())));
        SweepForm form = SweepForm.of(spec, true);
        if (spec.mode() == SweepSpec.SweepMode.SEARCH) add(words, "--mode", Labels.of(spec.mode()));
        boolean power = spec.axes().family().isPower();
        if (!power) add(words, "--profile", spec.axes().family().template());
        for (Axis<?, ?> axis : Axes.ALL) {
            String option =
                    axis == Axes.LENGTH && !power ? "--lengths" : axis.names().option();
            if (axis == Axes.GUIDES) for (Guides guides : spec.guides()) add(words, option, text(guides));
            else for (String text : texts(axis, form.axes())) add(words, option, text);
        }
        add(words, "--evaluator", spec.evaluator());
        add(words, "--metric", spec.metrics().text());
        if (spec.mode() == SweepSpec.SweepMode.SEARCH) add(words, "--tolerance", Labels.plain(spec.tolerance()));
        if (spec.solver() != SolverKind.BLUP) add(words, "--solver", Labels.of(spec.solver()));
        if (spec.files() != FilesToRead.FEWEST) add(words, "--files", Labels.of(spec.files()));
        return String.join(" ", words);
    }

    private static void add(List<String> words, String option, String text) {
        words.add(option);
        words.add(CopyLine.quoted(text));
    }

    /** A text for each time that the option is given. */
    private static List<String> texts(Axis<?, ?> axis, Map<String, String> form) {
        String text = Objects.requireNonNullElse(form.get(axis.name()), "");
        if (text.isEmpty()) return List.of();
        if (!axis.names().repeatable()) return List.of(text.replaceAll("\\s*,\\s*", ","));
        return Stream.of(text.split(axis == Axes.SEEDS ? "," : ";"))
                .map(String::strip)
                .toList();
    }

    private static String text(Guides guides) {
        String lengths = list(guides.sigmaRel());
        return guides.run() + "@" + lengths + (guides.time().isEmpty() ? "" : "@" + list(guides.time()));
    }

    private static String list(List<Double> values) {
        return String.join(",", values.stream().map(Labels::plain).toList());
    }
}
