package phema.solver;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import phema.profile.Power;
import phema.profile.SigmaRel;

/** Prints the tables of docs/solver.md and draws its plot: {@code ./mvnw -q test -Dtest=SolverFigures}. */
class SolverFigures {
    private static final double[] WIDTHS = {0.02, 0.03, 0.075, 0.15, 0.2, 0.25};

    private final FixtureRun run = FixtureRun.averages();
    private final Solver solver = new Solver(run.stored());

    @Test
    void tables() {
        for (double time : new double[] {FixtureRun.END, FixtureRun.MIDDLE}) {
            print(
                    "%n| target at %.0f | paper | predicted | blup | predicted | sparse | files | Σ\\|x\\| paper / blup |%n",
                    time);
            print("|---|---|---|---|---|---|---|---|%n");
            for (double width : WIDTHS) {
                Fit paper = fit(width, time, SolverKind.PAPER, FilesToRead.ALL);
                Fit blup = fit(width, time, SolverKind.BLUP, FilesToRead.ALL);
                Fit sparse = fit(width, time, SolverKind.BLUP, FilesToRead.FEWEST);
                print(
                        "| %.3f | %.2e | %.2e | %.2e | %.2e | %.2e | %d | %.1f / %.1f |%n",
                        width,
                        error(paper),
                        paper.predictedRelativeError(),
                        error(blup),
                        blup.predictedRelativeError(),
                        error(sparse),
                        sparse.filesUsed(),
                        paper.coefficientNorm(),
                        blup.coefficientNorm());
            }
        }
        FixtureRun raw = FixtureRun.checkpoints();
        var rawSolver = new Solver(raw.stored());
        print("%n| raw checkpoints, target at %.0f | blup | predicted | files |%n|---|---|---|---|%n", FixtureRun.END);
        for (double width : WIDTHS) {
            Fit fit = rawSolver.solve(Power.ofSigmaRel(width, FixtureRun.END), SolverKind.BLUP, FilesToRead.ALL);
            double error = raw.error(fit, FixtureRun.truth(width, FixtureRun.END));
            print("| %.3f | %.2e | %.2e | %d |%n", width, error, fit.predictedRelativeError(), fit.filesUsed());
        }
        print(
                "%n| raw checkpoints | 0.075 | predicted | 0.150 | predicted | 0.250 | predicted |%n|---|---|---|---|---|---|---|%n");
        for (int every : new int[] {8, 4, 2, 1}) {
            List<StoredAverage> some = IntStream.rangeClosed(1, 16 / every)
                    .mapToObj(i -> raw.stored().get(i * every - 1))
                    .toList();
            var fewer = new FixtureRun(some);
            print("| %d", some.size());
            for (double width : new double[] {0.075, 0.15, 0.25}) {
                Fit fit = new Solver(some)
                        .solve(Power.ofSigmaRel(width, FixtureRun.END), SolverKind.BLUP, FilesToRead.ALL);
                double error = fewer.error(fit, FixtureRun.truth(width, FixtureRun.END));
                print(" | %.2e | %.2e", error, fit.predictedRelativeError());
            }
            print(" |%n");
        }
        print("%n%s%n", solver.report().orElseThrow());
    }

    @Test
    void plot() throws IOException {
        var file = Path.of("docs/images/solver-error.svg");
        java.nio.file.Files.createDirectories(file.getParent());
        java.nio.file.Files.writeString(file, svg());
        assertThat(file).isNotEmptyFile();
    }

    private Fit fit(double width, double time, SolverKind method, FilesToRead files) {
        return solver.solve(Power.ofSigmaRel(width, time), method, files);
    }

    private double error(Fit fit) {
        double width = SigmaRel.ofGamma(((Power) fit.target()).gamma());
        return run.error(fit, FixtureRun.truth(width, fit.target().endTime()));
    }

    private static void print(String format, Object... values) {
        System.out.printf(Locale.ROOT, format, values);
    }

    private String svg() {
        var out = new StringBuilder("""
                <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 860 400" font-family="system-ui, sans-serif" font-size="13">
                <title>Relative error of reconstructed weights against sigma_rel, for both solvers</title>
                <style>
                  .back { fill: #fff } .text { fill: #24292f } .faint { stroke: #d0d7de } .frame { stroke: #57606a; fill: none }
                  .paper { stroke: #bc4c00; fill: #bc4c00 } .blup { stroke: #0969da; fill: #0969da } .line { fill: none; stroke-width: 2 } .label { stroke: none }
                  .end { text-anchor: end } .middle { text-anchor: middle }
                  @media (prefers-color-scheme: dark) {
                    .back { fill: #0d1117 } .text { fill: #e6edf3 } .faint { stroke: #30363d } .frame { stroke: #8b949e }
                    .paper { stroke: #f0883e; fill: #f0883e } .blup { stroke: #58a6ff; fill: #58a6ff } .line { fill: none } .label { stroke: none }
                  }
                </style>
                <rect class="back" width="860" height="400"/>
                <text class="text" transform="translate(16 190) rotate(-90)" text-anchor="middle">relative L2 error of the weights</text>
                """);
        panel(out, 70, FixtureRun.END, "target at the end of the run: 16 times stored");
        panel(out, 475, FixtureRun.MIDDLE, "target in its middle: 8 times stored");
        return out.append("</svg>\n").toString();
    }

    private void panel(StringBuilder out, double left, double time, String title) {
        double width = 365;
        double top = 40;
        double height = 300;
        DoubleUnaryOperator x = s -> left + width * s / 0.29;
        DoubleUnaryOperator y = e -> top + height * (Math.log10(0.03) - Math.log10(e)) / Math.log10(0.03 / 1e-4);
        draw(out, "<text class=\"text middle\" x=\"%.1f\" y=\"26\">%s</text>%n", left + width / 2, title);
        for (double tick : new double[] {1e-4, 1e-3, 1e-2}) {
            draw(out, "<path class=\"faint\" d=\"M%.1f %.1fh%.1f\"/>%n", left, y.applyAsDouble(tick), width);
            if (left < 100)
                draw(
                        out,
                        "<text class=\"text end\" x=\"%.1f\" y=\"%.1f\">10<tspan dy=\"-5\" font-size=\"10\">%.0f</tspan></text>%n",
                        left - 8,
                        y.applyAsDouble(tick) + 5,
                        Math.log10(tick));
        }
        for (double tick : new double[] {0.05, 0.1, 0.15, 0.2, 0.25}) {
            draw(out, "<path class=\"frame\" d=\"M%.1f %.1fv5\"/>%n", x.applyAsDouble(tick), top + height);
            draw(
                    out,
                    "<text class=\"text middle\" x=\"%.1f\" y=\"%.1f\">%.2f</text>%n",
                    x.applyAsDouble(tick),
                    top + height + 20,
                    tick);
        }
        for (double stored : new double[] {0.05, 0.1})
            draw(
                    out,
                    "<path class=\"frame\" stroke-dasharray=\"2 4\" d=\"M%.1f %.1fv%.1f\"/>%n",
                    x.applyAsDouble(stored),
                    top,
                    height);
        draw(
                out,
                "<text class=\"text middle\" x=\"%.1f\" y=\"%.1f\">σ_rel of the target (dotted: stored)</text>%n",
                left + width / 2,
                top + height + 44);
        draw(
                out,
                "<rect class=\"frame\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>%n",
                left,
                top,
                width,
                height);
        for (SolverKind method : SolverKind.SOLVERS) {
            String name = method.name().toLowerCase(Locale.ROOT);
            draw(out, "<path class=\"line %s\" d=\"", name);
            for (double s = 0.015; s < 0.2805; s += 0.0025)
                draw(
                        out,
                        "%s%.1f %.1f",
                        s == 0.015 ? "M" : "L",
                        x.applyAsDouble(s),
                        y.applyAsDouble(fit(s, time, method, FilesToRead.ALL).predictedRelativeError()));
            draw(out, "\"/>%n");
            for (double s : WIDTHS)
                marker(out, method, x.applyAsDouble(s), y.applyAsDouble(error(fit(s, time, method, FilesToRead.ALL))));
        }
        draw(out, "<rect class=\"back\" x=\"%.1f\" y=\"%.1f\" width=\"222\" height=\"44\"/>%n", left + 56, top + 6);
        for (SolverKind method : SolverKind.SOLVERS) {
            String name = method.name().toLowerCase(Locale.ROOT);
            double row = top + (method == SolverKind.PAPER ? 22 : 42);
            draw(out, "<path class=\"line %s\" d=\"M%.1f %.1fh26\"/>", name, left + 62, row - 4);
            marker(out, method, left + 75, row - 4);
            draw(
                    out,
                    "<text class=\"%s label\" x=\"%.1f\" y=\"%.1f\">%s: predicted, measured</text>%n",
                    name,
                    left + 94,
                    row,
                    name);
        }
    }

    /** Diamonds and circles, for those who cannot tell the colours. */
    private static void marker(StringBuilder out, SolverKind method, double x, double y) {
        switch (method) {
            case PAPER -> draw(out, "<path class=\"paper\" d=\"M%.1f %.1fl5 5 -5 5 -5 -5z\"/>%n", x, y - 5);
            case BLUP -> draw(out, "<circle class=\"blup\" cx=\"%.1f\" cy=\"%.1f\" r=\"4.5\"/>%n", x, y);
        }
    }

    private static void draw(StringBuilder out, String format, Object... values) {
        out.append(String.format(Locale.ROOT, format, values));
    }
}
