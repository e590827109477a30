package phema.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import phema.bench.ThinningBenchmark;
import phema.bench.ThinningBenchmark.ThinningRound;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Runs {@code phema bench thinning}. */
@Command(
        name = "thinning",
        description =
                "Times the solver on runs with many files, of which few are read, and says how its times grow with "
                        + "their number. Needs no files.")
final class ThinningBenchCommand implements Callable<Integer> {
    @Option(
            names = "--files",
            paramLabel = "LIST",
            defaultValue = "10000,5000,2500,1250",
            description = "Numbers of stored averages (default: ${DEFAULT-VALUE}).")
    private NumberList files = new NumberList(List.of());

    @Option(
            names = "--rounds",
            defaultValue = "5",
            description = "Rounds of each, of which the median counts (default: ${DEFAULT-VALUE}). The first one is "
                    + "shown besides: with the first number it is that of a process that has just started.")
    private int rounds;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() {
        Map<Integer, List<ThinningRound>> measured = new LinkedHashMap<>();
        Table table = new Table("files", "first fit", "fit", "fewest", "files used", "all", "retention", "deletable");
        for (double wanted : files.values()) {
            int number = (int) wanted;
            ThinningBenchmark benchmark = new ThinningBenchmark(number);
            List<ThinningRound> own = new ArrayList<>();
            for (int i = 0; i < rounds; i++) own.add(benchmark.round());
            measured.put(number, own);
            table.row(
                    String.valueOf(number),
                    seconds(own.getFirst().fit()),
                    seconds(Median.of(own, ThinningRound::fit)),
                    seconds(Median.of(own, ThinningRound::thin)),
                    String.valueOf(own.getFirst().filesUsed()),
                    seconds(Median.of(own, ThinningRound::all)),
                    seconds(Median.of(own, ThinningRound::retention)),
                    String.valueOf(own.getFirst().deletable()));
        }
        table.print(CommandOutput.of(spec));
        if (measured.size() > 1)
            CommandOutput.of(spec)
                    .printf(
                            Locale.ROOT,
                            "times grow with the number of files to the power of: fit %.2f, fewest %.2f, all %.2f, "
                                    + "retention %.2f%n",
                            growth(measured, ThinningRound::fit),
                            growth(measured, ThinningRound::thin),
                            growth(measured, ThinningRound::all),
                            growth(measured, ThinningRound::retention));
        return Cli.FINE;
    }

    private static String seconds(double seconds) {
        return String.format(Locale.ROOT, "%.3f s", seconds);
    }

    private static double growth(Map<Integer, List<ThinningRound>> measured, ToDoubleFunction<ThinningRound> time) {
        Map<Integer, Double> medians = new LinkedHashMap<>();
        measured.forEach((number, own) -> medians.put(number, Median.of(own, time)));
        return ThinningBenchmark.growth(medians);
    }
}
