package phema.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import phema.api.FitView;
import phema.api.ReportView;
import phema.catalog.Run;
import phema.solver.Fit;
import phema.solver.SolverKind;
import phema.synthesis.Fits;
import phema.synthesis.LayerFit;
import phema.synthesis.Names;
import phema.synthesis.OutputOptions;
import phema.synthesis.PreparedWeights;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Runs {@code phema fit}. */
@Command(
        name = "fit",
        description =
                "Prints the coefficients that reconstruct EMA lengths, and what is known of their quality. Reads a "
                        + "small sample of the weights only.")
final class FitCommand implements Callable<Integer> {
    private static final List<String> LEGEND = List.of(
            "  files: that are read; predicted error: expected distance of the weights from the average asked for, over"
                    + " their size; paper's: the same with the published coefficients;",
            "  condition: how much the solution enlarges errors of what it is solved from; sum |x|: of the"
                    + " coefficients, 1 where all are positive; residual: distance of the fitted profile from the one"
                    + " asked for, over its size");

    @Mixin
    private RunOptions input = new RunOptions();

    @Mixin
    private ProfileOptions target = new ProfileOptions();

    @Option(names = "--coefficients", description = "List the coefficient of every file used.")
    private boolean coefficients;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        Run run = input.scan(!target.choosesTime());
        Fits fits = new Fits();
        PreparedWeights weights = fits.prepare(run, target.request(run, OutputOptions.AS_STORED));
        List<Fit> solved = weights.fits();
        // All targets end together, and so all have the same layers.
        List<LayerFit> layers = weights.targets().getFirst().layers();
        PrintWriter out = CommandOutput.of(spec);
        if (json) CommandOutput.json(out, asJson(run, fits, solved, layers));
        else
            print(
                    out,
                    run,
                    fits,
                    Stream.concat(solved.stream().map(Row::of), layers.stream().map(Row::of))
                            .toList());
        return Cli.FINE;
    }

    /** A fit and what it is called. */
    private record Row(String name, Fit fit) {
        static Row of(Fit fit) {
            return new Row(fit.method() == SolverKind.GIVEN ? "weights as given" : Names.described(fit.target()), fit);
        }

        static Row of(LayerFit layer) {
            return new Row(
                    layer.tensors().text() + "=" + Names.described(layer.fit().target()), layer.fit());
        }
    }

    private void print(PrintWriter out, Run run, Fits fits, List<Row> rows) {
        out.printf("%s: %s%n", run.folder(), CommandOutput.summary(run));
        CommandOutput.notices(out, run);
        fits.report(run).ifPresent(report -> ReportPrinter.print(out, run, report));
        Table table = new Table(
                "sigma_rel", "time", "files", "predicted error", "paper's", "condition", "sum |x|", "residual");
        for (Row row : rows) {
            Fit fit = row.fit();
            table.row(
                    row.name(),
                    String.format(Locale.ROOT, "%.0f", fit.target().endTime()),
                    String.valueOf(fit.filesUsed()),
                    CommandOutput.error(fit.predictedRelativeErrors().get(fit.method())),
                    CommandOutput.error(fit.predictedRelativeErrors().get(SolverKind.PAPER)),
                    orDash(fit.conditionNumber()),
                    String.format(Locale.ROOT, "%.2f", fit.coefficientNorm()),
                    orDash(fit.profileResidual()));
        }
        table.print(out);
        for (String line : LEGEND) out.println(line);
        for (Row row : rows)
            if (row.fit().method() == SolverKind.GIVEN)
                out.println("weights as given: " + CommandOutput.given(row.fit()));
        for (Row row : rows) for (String warning : row.fit().warnings()) out.println(row.name() + ": " + warning);
        if (!coefficients) return;
        for (Row row : rows) {
            Fit fit = row.fit();
            out.printf("%ncoefficients for %s%n", row.name());
            for (int j = 0; j < run.snapshots().size(); j++)
                if (fit.coefficients().get(j) != 0)
                    out.printf(
                            Locale.ROOT,
                            "%+.9f  %s%n",
                            fit.coefficients().get(j),
                            run.snapshots().get(j).name());
        }
    }

    /** Solutions of files without a density have no residual, and the trajectory model no condition. */
    private static String orDash(double number) {
        return Double.isNaN(number) ? "-" : String.format(Locale.ROOT, "%.1e", number);
    }

    private record LayerView(String tensors, FitView fit) {}

    private static Map<String, Object> asJson(Run run, Fits fits, List<Fit> solved, List<LayerFit> layers) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("run", run.folder().toString());
        json.put("snapshots", run.snapshots().stream().map(s -> s.name()).toList());
        json.put("notices", run.said());
        fits.report(run).ifPresent(report -> json.put("report", ReportView.of(run, report)));
        json.put("fits", solved.stream().map(fit -> FitView.of(run, fit, null)).toList());
        if (!layers.isEmpty())
            json.put(
                    "layers",
                    layers.stream()
                            .map(layer -> new LayerView(layer.tensors().text(), FitView.of(run, layer.fit(), null)))
                            .toList());
        return json;
    }
}
