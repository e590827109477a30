package phema.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import phema.edm2.Computing;
import phema.edm2.Decoding;
import phema.edm2.Generator;
import phema.edm2.ImageBatch;
import phema.edm2.NetworkSpec;
import phema.edm2.Png;
import phema.problem.Problem;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Runs {@code phema generate}. */
@Command(
        name = "generate",
        description = "Makes images with an EDM2 network. Takes the options of EDM2's generate_images.py.")
final class GenerateCommand implements Callable<Integer> {
    @Mixin
    private NetworkOptions networks = new NetworkOptions();

    @Option(names = "--outdir", paramLabel = "DIR", description = "Folder for one PNG per seed, named by it.")
    private @Nullable Path outdir;

    @Option(
            names = "--seeds",
            paramLabel = "LIST",
            defaultValue = "0-15",
            description = "Seeds, such as 0-63 or 1,2,10-20 (default: ${DEFAULT-VALUE}).")
    private SeedList seeds = new SeedList(List.of());

    @Option(names = "--grid", paramLabel = "FILE", description = "One PNG with all images side by side.")
    private @Nullable Path grid;

    @Option(
            names = "--noise",
            paramLabel = "FILE",
            description = {
                "Use the tensor `noise` [N,C,H,W] (and `labels` [N,classes]) of a safetensors file instead of seeds."
            })
    private @Nullable Path noise;

    @Option(
            names = "--out",
            paramLabel = "FILE",
            description =
                    "Safetensors file for the tensor `images` [N,C,H,W], the network's output before decoding, such "
                            + "as latents.")
    private @Nullable Path out;

    @Option(
            names = "--class",
            paramLabel = "INT",
            description = "Label of all images; by default each seed has its own.")
    private @Nullable Integer label;

    @Option(names = "--batch", defaultValue = "16", description = "Images at once (default: ${DEFAULT-VALUE}).")
    private int batch;

    @Mixin
    private DecoderOptions decoder = new DecoderOptions();

    @Mixin
    private SamplingOptions sampler = new SamplingOptions();

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        if (batch < 1) throw Problem.invalid("batch", "--batch must be at least 1, not " + batch);
        if (noise != null) requireAlone();
        if (outdir == null && grid == null && out == null)
            throw Problem.invalid("outdir", "say where images go: --outdir, --grid or --out");
        if (outdir != null) Files.createDirectories(outdir);
        ReportOptions.requireWritable("grid", grid);
        ReportOptions.requireWritable("out", out);
        PrintWriter console = CommandOutput.of(spec);
        Computing computing = sampler.computing();
        console.println("computing on " + computing.describe());
        try (Decoding decoding = decoder.open();
                Generator generator = Generator.of(
                        networks.network(console),
                        networks.guide(sampler.options(), console),
                        sampler.options(),
                        computing)) {
            if (noise != null && out != null) {
                generator.fromFile(noise, out, batch);
                console.println("wrote " + out);
            } else {
                generate(generator, decoding, console);
            }
        }
        return Cli.FINE;
    }

    /** What is in a file of noise has no seeds, and is compared as numbers. */
    private void requireAlone() {
        if (out == null) throw Problem.invalid("noise", "--noise needs --out");
        for (String other : List.of("--seeds", "--class", "--outdir", "--grid"))
            if (Objects.requireNonNull(spec).commandLine().getParseResult().hasMatchedOption(other))
                throw Problem.invalid("noise", other + " has no effect with --noise; leave one of them out");
    }

    private static int size(int images, int pixels) {
        long size = (long) images * pixels;
        if (size > Integer.MAX_VALUE - 8)
            throw Problem.invalid(
                    "seeds",
                    "--grid and --out hold all images at once, and " + images + " are too many; make them in parts");
        return (int) size;
    }

    private void generate(Generator generator, Decoding decoding, PrintWriter console) throws IOException {
        NetworkSpec network = generator.spec();
        boolean drawn = outdir != null || grid != null;
        if (drawn) decoding.require(network.channels(), network.resolution());
        List<Long> all = seeds.seeds();
        int pixels = network.pixels();
        float[] together = new float[out == null ? 0 : size(all.size(), pixels)];
        List<ImageBatch> kept = new ArrayList<>();
        OptionalInt wanted = label == null ? OptionalInt.empty() : OptionalInt.of(label);
        try (Progress progress = new Progress(CommandOutput.errors(spec), all.size(), n -> n + " images")) {
            for (int first = 0; first < all.size(); first += batch) {
                List<Long> part = all.subList(first, Math.min(all.size(), first + batch));
                float[] made = generator.fromSeeds(part, wanted);
                if (out != null) System.arraycopy(made, 0, together, first * pixels, made.length);
                if (drawn) draw(decoding.images(made, network.channels(), network.resolution()), part, kept);
                progress.accept(part.size());
            }
        }
        if (grid != null) Png.writeGrid(grid, joined(kept, all.size()));
        if (out != null) generator.write(out, together);
        String places = Stream.of(outdir, grid, out)
                .filter(Objects::nonNull)
                .map(String::valueOf)
                .collect(Collectors.joining(", "));
        console.println("wrote " + all.size() + " images to " + places);
    }

    private void draw(ImageBatch images, List<Long> part, List<ImageBatch> kept) throws IOException {
        for (int i = 0; i < part.size() && outdir != null; i++)
            Png.write(outdir.resolve(String.format(Locale.ROOT, "%06d.png", part.get(i))), images, i);
        if (grid != null) kept.add(images);
    }

    private static ImageBatch joined(List<ImageBatch> parts, int count) {
        ImageBatch first = parts.getFirst();
        float[] values = new float[size(count, first.pixels())];
        int at = 0;
        for (ImageBatch part : parts) {
            System.arraycopy(part.values(), 0, values, at, part.values().length);
            at += part.values().length;
        }
        return new ImageBatch(first.channels(), first.resolution(), values);
    }
}
