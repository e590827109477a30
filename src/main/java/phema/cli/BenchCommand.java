package phema.cli;

import picocli.CommandLine.Command;

/** Groups the commands that measure how fast phema is. */
@Command(
        name = "bench",
        description = "Measures this machine; see docs/benchmarks.md.",
        subcommands = {
            GenerateBenchCommand.class,
            SynthesisBenchCommand.class,
            ThinningBenchCommand.class,
            TrainingBenchCommand.class,
            SamplerBenchCommand.class,
            HttpBenchCommand.class,
            SoakBenchCommand.class,
            ClientsBenchCommand.class
        })
final class BenchCommand {
    /** The reason why folders of a benchmark cannot be in a bucket. */
    static final String ONLY_DISKS = "benchmarks measure disks of this machine; name a folder of one";
}
