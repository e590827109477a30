package phema.cli;

import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import phema.bench.ThinningBenchmark;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Runs {@code phema bench thinning}. */
@Command(
        name = "thinning",
        description = "Times the solver on a run with many files, of which few are read. Needs no files.")
final class ThinningBenchCommand implements Callable<Integer> {
    @Option(
            names = "--files",
            defaultValue = "256",
            description = "Number of stored averages (default: ${DEFAULT-VALUE}).")
    private int files;

    @Option(
            names = "--rounds",
            defaultValue = "5",
            description = "Rounds (default: ${DEFAULT-VALUE}). The first is that of a process that has just started.")
    private int rounds;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() {
        ThinningBenchmark benchmark = new ThinningBenchmark(files);
        Table table = new Table("round", "fit model", "thin", "files used", "retention", "deletable");
        for (int i = 1; i <= rounds; i++) {
            ThinningBenchmark.ThinningRound round = benchmark.round();
            table.row(
                    String.valueOf(i),
                    String.format(Locale.ROOT, "%.2f s", round.fit()),
                    String.format(Locale.ROOT, "%.2f s", round.thin()),
                    String.valueOf(round.filesUsed()),
                    String.format(Locale.ROOT, "%.2f s", round.retention()),
                    String.valueOf(round.deletable()));
        }
        table.print(CommandOutput.of(spec));
        return Cli.FINE;
    }
}
