package phema.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import phema.catalog.Catalog;
import phema.catalog.Run;
import phema.edm2.Network;
import phema.edm2.SamplerOptions;
import phema.problem.Problem;
import phema.storage.Locations;
import phema.synthesis.Engine;
import phema.synthesis.Fits;
import phema.synthesis.OutputOptions;
import phema.synthesis.PreparedWeights;
import phema.synthesis.Syntheses;
import phema.synthesis.WeightsReference;
import picocli.CommandLine.Option;

/**
 * Holds the options that say which networks to run: weight files, or averages of runs that are reconstructed on the
 * fly.
 */
final class NetworkOptions {
    private static final String SCHEME = "phema:";
    private static final Pattern AVERAGE = Pattern.compile("(.+?)@(" + WeightsReference.FORM + ")");
    private static final long MEMORY = 256 << 20;

    @Option(
            names = "--net",
            paramLabel = "NET",
            required = true,
            description =
                    "Network: a weight file, or phema:RUN@0.100 for that EMA length of a run, at its end or at a time,"
                            + " such as phema:RUN@0.100@131k for 131 kimg; phema:RUN@paper-0.100 with the published "
                            + "solver.")
    private String net = "";

    @Option(
            names = "--gnet",
            paramLabel = "NET",
            description =
                    "Guiding network: an unconditional one, or a worse one for autoguidance. By default the network "
                            + "guides itself, without labels.")
    private @Nullable String gnet;

    @Option(
            names = "--roots",
            paramLabel = "DIR",
            split = ",",
            defaultValue = "${env:PHEMA_ROOTS:-snapshots}",
            description = "Folders that hold runs, for phema:RUN (default: PHEMA_ROOTS, or snapshots).")
    private List<Path> roots = new ArrayList<>();

    /** @param out told what was reconstructed */
    Network network(PrintWriter out) throws IOException {
        return open("net", net, out);
    }

    /** @param out told as well when there is nothing to guide */
    Optional<Network> guide(SamplerOptions options, PrintWriter out) throws IOException {
        if (gnet == null) return Optional.empty();
        if (options.guidance() == 1)
            out.println("--gnet has no effect with --guidance 1: images are those of --net alone");
        return Optional.of(open("gnet", gnet, out));
    }

    private Network open(String option, String text, PrintWriter out) throws IOException {
        Network network = read(option, text, out);
        network.notices().forEach(out::println);
        return network;
    }

    private Network read(String option, String text, PrintWriter out) throws IOException {
        if (!text.startsWith(SCHEME)) {
            Path file = Locations.path(text);
            return Network.read(file, Catalog.networkSettings(file));
        }
        Matcher average = AVERAGE.matcher(text.substring(SCHEME.length()));
        if (!average.matches())
            throw Problem.invalid(
                    option, "--" + option + " " + text + " is not of the form phema:RUN@0.100 or phema:RUN@0.100@131k");
        Run run = Catalog.find(roots, average.group(1));
        RunOptions.requireWhole(run, "");
        return reconstruct(text, run, reference(option, average.group(2), run.requireUsable()), out);
    }

    private static WeightsReference reference(String option, String text, Run run) {
        try {
            return WeightsReference.parse(text, run);
        } catch (Problem e) {
            throw Problem.invalid(option, "--" + option + ": " + e.getMessage());
        }
    }

    private static Network reconstruct(String name, Run run, WeightsReference reference, PrintWriter out)
            throws IOException {
        PreparedWeights weights = new Fits().prepare(run, reference.request(OutputOptions.AS_STORED));
        for (String warning : run.warningsAt(weights.target().fit().target().endTime()))
            out.println("warning: " + warning);
        int workers = Runtime.getRuntime().availableProcessors();
        try (Engine engine = new Engine(MEMORY, workers)) {
            Syntheses.Loaded loaded = new Syntheses(engine).load(weights);
            out.printf(
                    Locale.ROOT,
                    "%s from %d of %d files, predicted error %s%n",
                    name,
                    weights.filesUsed(),
                    run.snapshots().size(),
                    CommandOutput.error(weights.target().predictedRelativeError()));
            return Network.of(name, loaded.template(), loaded.elements());
        }
    }
}
