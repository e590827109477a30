package phema.dashboard;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.springframework.web.util.UriComponentsBuilder;
import phema.api.Page;
import phema.catalog.Kimg;
import phema.catalog.Run;
import phema.profile.ProfileSpec;
import phema.solver.Fit;
import phema.solver.SolverKind;
import phema.text.Labels;

/** Writes the lines that give what the page of a run shows. */
final class RunLines {
    private RunLines() {}

    /** For a shell of the machine itself; for who reads it elsewhere, below the roots, as they may have it there. */
    private static String folder(Run run) {
        return CopyLine.quoted(CopyLine.isOfThisMachine() ? String.valueOf(run.folder()) : run.name());
    }

    /** For the coefficients and the profile of a fit. */
    static List<CopyLine> fit(Run run, Fit fit) {
        boolean paper = fit.method() != SolverKind.BLUP;
        return fits(
                run,
                List.of(ProfileSpec.print(fit.target())),
                fit.target().endTime(),
                paper ? Optional.of(Labels.of(fit.method())) : Optional.empty(),
                "--coefficients",
                "?curve=" + RunCharts.CURVE_POINTS);
    }

    /** For weights as safetensors. */
    static List<CopyLine> weights(Run run, Fit fit) {
        String profile = ProfileSpec.print(fit.target());
        double end = fit.target().endTime();
        boolean newest = end == run.newestTime();
        boolean paper = fit.method() != SolverKind.BLUP;
        UriComponentsBuilder url = UriComponentsBuilder.fromUriString(CopyLine.address())
                .path("/api/v1/runs/{run}/weights.safetensors")
                .queryParam("profile", profile);
        if (!newest) url.queryParam("time", Labels.plain(end));
        if (paper) url.queryParam("solver", Labels.of(fit.method()));
        return List.of(
                CopyLine.command("phema reconstruct --indir " + folder(run)
                        + " --profile " + CopyLine.quoted(profile) + (newest ? "" : " --time " + Labels.plain(end))
                        + (paper ? " --solver " + Labels.of(fit.method()) : "")
                        + " --format safetensors --outdir weights"),
                new CopyLine(
                        "Python",
                        "import urllib.request; urllib.request.urlretrieve(\""
                                + url.encode().buildAndExpand(run.name()).toUriString()
                                + "\", \"weights.safetensors\")"));
    }

    /** For the errors of many averages that end together. @param profiles as text */
    static List<CopyLine> errors(Run run, List<String> profiles, double end) {
        return fits(run, profiles, end, Optional.empty(), "", "");
    }

    private static List<CopyLine> fits(
            Run run, List<String> profiles, double end, Optional<String> solver, String more, String query) {
        List<String> words = new ArrayList<>();
        words.add("phema fit --indir " + folder(run));
        for (String profile : profiles) words.add("--profile " + CopyLine.quoted(profile));
        boolean newest = end == run.newestTime();
        if (!newest) words.add("--time " + Labels.plain(end));
        solver.ifPresent(word -> words.add("--solver " + word));
        if (!more.isEmpty()) words.add(more);
        String targets = profiles.stream()
                .map(profile -> "{\"kind\": \"spec\", \"spec\": \"" + profile + "\""
                        + (newest ? "" : ", \"time\": " + Labels.plain(end)) + "}")
                .collect(Collectors.joining(", ", "{\"targets\": [", "]"));
        String body =
                targets + solver.map(word -> ", \"solver\": \"" + word + "\"").orElse("") + "}";
        return both(
                String.join(" ", words),
                CopyLine.posted("/api/v1/runs/" + CopyLine.segment(run.name()) + "/fits" + query, body));
    }

    /** For what the model of the trajectory sees in the files. */
    static List<CopyLine> report(Run run) {
        return both(
                "phema inspect --fit " + folder(run),
                CopyLine.json("/api/v1/runs/" + CopyLine.segment(run.name()) + "/report"));
    }

    /** The command that plans what a run can do without; none where it cannot be told the time. */
    static Optional<String> plan(Run run, double maxError, double end) {
        String command = "phema plan --indir " + folder(run) + " --max-error " + Labels.plain(maxError);
        if (end == run.newestTime()) return Optional.of(command);
        return run.countsKimg() ? Optional.of(command + " --outkimg " + Kimg.ofNimg(end)) : Optional.empty();
    }

    /**
     * For what errors are then, and which files that is about.
     *
     * @param command that says the same
     */
    static List<CopyLine> retention(Run run, Optional<String> command, double maxError, double end) {
        String path = "/api/v1/runs/" + CopyLine.segment(run.name()) + "/retention?maxError=" + Labels.plain(maxError)
                + (end == run.newestTime() ? "" : "&time=" + Labels.plain(end));
        return Stream.concat(command.map(CopyLine::command).stream(), CopyLine.json(path).stream())
                .toList();
    }

    /** For the list of the files. */
    static List<CopyLine> snapshots(Run run) {
        return both(
                "phema inspect " + folder(run),
                CopyLine.json("/api/v1/runs/" + CopyLine.segment(run.name()) + "/snapshots?size=" + Page.MAX_SIZE));
    }

    private static List<CopyLine> both(String command, List<CopyLine> others) {
        return Stream.concat(Stream.of(CopyLine.command(command)), others.stream())
                .toList();
    }
}
