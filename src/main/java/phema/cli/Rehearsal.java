package phema.cli;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;

/**
 * Runs the commands that people wait for, on small runs of two kinds of files, for the build to record what a JVM would
 * otherwise work out at every start, such as classes, lambdas, and which loops are hot.
 */
final class Rehearsal {
    private Rehearsal() {}

    /** @param args a run, and a folder to write to */
    public static void main(String... args) {
        Path pickles = Path.of(args[1], "pickles");
        Path written = Path.of(args[1], "written");
        List<Integer> statuses = Stream.of(
                        "--help",
                        "inspect %1$s",
                        "fit --indir %1$s --outstd 0.05,0.10,0.13",
                        "plan --indir %1$s --outstd 0.10,0.13",
                        "reconstruct --indir %1$s --outstd 0.05,0.10,0.13 --outdir %3$s --overwrite",
                        "bench generate --files 12 --mb 8 %2$s",
                        "fit --indir %2$s --outstd 0.13",
                        "reconstruct --indir %2$s --outstd 0.13 --files all --outdir %3$s --overwrite",
                        "reconstruct --indir %2$s --outstd 0.05,0.06,...,0.12 --outdir %3$s --overwrite")
                .map(line -> Arrays.stream(line.split(" "))
                        .map(word -> word.formatted(args[0], pickles, written))
                        .toArray(String[]::new))
                .map(words -> Cli.run(Rehearsal.class, words))
                .toList();
        System.exit(Math.min(1, Collections.max(statuses)));
    }
}
