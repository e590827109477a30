package phema.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import phema.format.Tensor;
import phema.format.WeightFile;
import phema.format.WeightFiles;
import phema.problem.Problem;
import phema.synthesis.Comparison;
import phema.synthesis.Comparison.Difference;
import phema.tensor.DType;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Runs {@code phema diff}. */
@Command(
        name = "diff",
        description = {
            "Compares two weight files of any format, tensor by tensor. Relative errors are ||B - A|| / ||A||.",
            "Exit status 3 when names or shapes differ, values that are not floating, or a tensor by more than "
                    + "--tolerance."
        })
final class DiffCommand implements Callable<Integer> {
    /** The number of tensors listed without --all. */
    private static final int WORST = 10;

    @Parameters(index = "0", paramLabel = "A", description = "The file to compare with.")
    private Path a = Path.of("");

    @Parameters(index = "1", paramLabel = "B", description = "The file to judge.")
    private Path b = Path.of("");

    @Option(
            names = "--tolerance",
            paramLabel = "NUM",
            defaultValue = "0",
            description = "Largest relative error that a tensor may have (default: ${DEFAULT-VALUE}).")
    private double tolerance;

    @Option(names = "--all", description = "List every tensor, not only the " + WORST + " that differ most.")
    private boolean all;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Spec
    private @Nullable CommandSpec spec;

    /** What {@code --json} prints. */
    record View(
            String a,
            String b,
            boolean within,
            double tolerance,
            @Nullable Double relativeError,
            @Nullable Double maxAbsolute,
            @Nullable String worst,
            List<String> onlyInA,
            List<String> onlyInB,
            List<TensorDifferenceView> tensors) {}

    /** @param relativeError absent where it is infinite, and where tensors are not comparable */
    record TensorDifferenceView(
            String name,
            DType dtypeA,
            DType dtypeB,
            List<Long> shapeA,
            List<Long> shapeB,
            boolean comparable,
            @Nullable Double relativeError,
            @Nullable Double maxAbsolute,
            @Nullable Long unequal) {
        static TensorDifferenceView of(Difference d) {
            return new TensorDifferenceView(
                    d.name(),
                    d.dtypeA(),
                    d.dtypeB(),
                    d.shapeA().dims(),
                    d.shapeB().dims(),
                    d.comparable(),
                    d.comparable() ? finite(d.relativeError()) : null,
                    d.comparable() ? finite(d.maxAbsolute()) : null,
                    d.comparable() ? d.unequal() : null);
        }
    }

    /** JSON has no other numbers. */
    private static @Nullable Double finite(double value) {
        return Double.isFinite(value) ? value : null;
    }

    @Override
    public Integer call() throws IOException {
        if (!(tolerance >= 0)) throw Problem.invalid("tolerance", "--tolerance must be at least 0, not " + tolerance);
        WeightFile fileA = WeightFiles.read(a);
        WeightFile fileB = WeightFiles.read(b);
        Comparison comparison;
        try (Progress progress = new Progress(CommandOutput.errors(spec), Math.max(1, bytes(fileA) + bytes(fileB)))) {
            comparison = Comparison.of(fileA, fileB, progress);
        }
        boolean within = comparison.within(tolerance);
        if (json)
            CommandOutput.json(
                    CommandOutput.of(spec),
                    new View(
                            a.toString(),
                            b.toString(),
                            within,
                            tolerance,
                            finite(comparison.relativeError()),
                            finite(comparison.maxAbsolute()),
                            comparison.worst().map(Difference::name).orElse(null),
                            comparison.onlyInA(),
                            comparison.onlyInB(),
                            listed(comparison).stream()
                                    .map(TensorDifferenceView::of)
                                    .toList()));
        else print(CommandOutput.of(spec), comparison, within);
        return within ? Cli.FINE : Cli.GATE;
    }

    private static long bytes(WeightFile file) {
        return file.tensors().stream().mapToLong(Tensor::bytes).sum();
    }

    private List<Difference> listed(Comparison comparison) {
        if (all) return comparison.tensors();
        return comparison.tensors().stream()
                .filter(difference -> !difference.within(0) || difference.dtypeA() != difference.dtypeB())
                .sorted(Comparator.comparing(Difference::comparable)
                        .thenComparing(difference -> difference.dtypeA().isFloating())
                        .thenComparing(Comparator.comparingDouble(Difference::relativeError)
                                .reversed()))
                .limit(WORST)
                .toList();
    }

    private void print(PrintWriter out, Comparison comparison, boolean within) {
        comparison.onlyInA().forEach(name -> out.println("only in " + a + ": " + name));
        comparison.onlyInB().forEach(name -> out.println("only in " + b + ": " + name));
        List<Difference> listed = listed(comparison);
        if (!listed.isEmpty()) {
            Table table = new Table("tensor", "dtype", "shape", "relative error", "largest", "differ");
            for (Difference difference : listed)
                table.row(
                        difference.name(),
                        either(difference.dtypeA(), difference.dtypeB()),
                        either(difference.shapeA(), difference.shapeB()),
                        difference.comparable() && difference.dtypeA().isFloating()
                                ? number(difference.relativeError())
                                : "-",
                        difference.comparable() && difference.dtypeA().isFloating()
                                ? number(difference.maxAbsolute())
                                : "-",
                        difference.comparable() ? String.valueOf(difference.unequal()) : "not comparable");
            table.print(out);
        }
        out.printf(
                Locale.ROOT,
                "%d tensors in both: relative error %s, largest difference %s%s%n",
                comparison.tensors().size(),
                number(comparison.relativeError()),
                number(comparison.maxAbsolute()),
                comparison
                        .worst()
                        .map(worst -> ", worst tensor " + worst.name())
                        .orElse(""));
        if (!within) out.println("not equal within a tolerance of " + number(tolerance));
    }

    private static String either(Object a, Object b) {
        return a.equals(b) ? a.toString() : a + " and " + b;
    }

    private static String number(double value) {
        return value == 0 ? "0" : String.format(Locale.ROOT, "%.2e", value);
    }
}
