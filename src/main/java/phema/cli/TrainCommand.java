package phema.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import phema.edm2.Architecture;
import phema.edm2.Dataset;
import phema.edm2.LearningRate;
import phema.edm2.NetworkSpec;
import phema.edm2.Preset;
import phema.edm2.ProceduralDataset;
import phema.edm2.Training;
import phema.edm2.TrainingOptions;
import phema.edm2.WeightTracker;
import phema.problem.Problem;
import phema.storage.Locations;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Runs {@code phema train}. */
@Command(
        name = "train",
        description = {
            "Trains an EDM2 network and writes snapshots of its averages. Takes the options of EDM2's train_edm2.py.",
            "Goes on where it stopped when started again with the same options. Amounts are images, such as 128Ki or "
                    + "8Mi."
        })
final class TrainCommand implements Callable<Integer> {
    private static final String PROCEDURAL = "procedural";
    private static final int PROCEDURAL_IMAGES = 1 << 16;

    @Option(names = "--outdir", paramLabel = "DIR", required = true, description = "Folder of the run.")
    private Path outdir = Path.of("");

    @Option(
            names = "--data",
            paramLabel = "PATH",
            defaultValue = PROCEDURAL,
            description =
                    "Folder or ZIP file of PNG and JPEG images or of NPY latents, labels in dataset.json; .npz with "
                            + "images as arr_0; or `procedural` for built-in shapes (default).")
    private String data = PROCEDURAL;

    @Option(
            names = "--resolution",
            defaultValue = "16",
            description = "Resolution of procedural images (default: ${DEFAULT-VALUE}).")
    private int resolution;

    @Option(
            names = "--cond",
            negatable = true,
            defaultValue = "true",
            fallbackValue = "true",
            description = "Train with labels, where there are some (default); --no-cond without.")
    private boolean conditional;

    @Option(
            names = "--preset",
            paramLabel = "STR",
            description = "EDM2's sizes and rates: edm2-img512-xs, -s, -m, -l, -xl, -xxl, edm2-img64-s, -m, -l, -xl. "
                    + "Options override it.")
    private @Nullable String preset;

    @Option(
            names = "--arch",
            defaultValue = "edm2",
            description = "edm2 (default), or adm: the baseline that EDM2 improves on, with group normalization.")
    private Architecture architecture = Architecture.EDM2;

    @Option(names = "--channels", description = "Width of the network at full resolution (default: 32).")
    private @Nullable Integer channels;

    @Option(
            names = "--channel-mult",
            split = ",",
            paramLabel = "INT",
            description = "Widths at each resolution as multiples of it (default: 1,2; presets: 1,2,3,4).")
    private List<Integer> multipliers = new ArrayList<>();

    @Option(names = "--blocks", description = "Blocks per resolution of the encoder (default: 1; presets: 3).")
    private @Nullable Integer blocks;

    @Option(
            names = "--duration",
            paramLabel = "NIMG",
            defaultValue = "64Ki",
            description = "Images to train for (default: ${DEFAULT-VALUE}).")
    private ImageCount duration = new ImageCount(0);

    @Option(names = "--batch", paramLabel = "NIMG", description = "Images per step (default: 64; presets: 2048).")
    private @Nullable ImageCount batch;

    @Option(
            names = "--batch-gpu",
            paramLabel = "NIMG",
            description = "Images that go through the network at once (default: all of the batch).")
    private @Nullable ImageCount microBatch;

    @Option(
            names = "--lr",
            description = "Learning rate before decay (default: 0.01; presets have their own; adm: 0.001, with presets "
                    + "0.0001).")
    private @Nullable Double rate;

    @Option(
            names = "--decay",
            paramLabel = "BATCHES",
            description = "Learning rate decay; 0 for none (default; presets have their own).")
    private @Nullable Double decay;

    @Option(
            names = "--rampup",
            paramLabel = "NIMG",
            description = "Learning rate ramp (default: 10 batches; presets: 10M).")
    private @Nullable ImageCount ramp;

    @Option(names = "--P_mean", description = "Mean of ln sigma (default: -0.8).")
    private @Nullable Double pMean;

    @Option(names = "--P_std", description = "Standard deviation of ln sigma (default: 1.6).")
    private @Nullable Double pStd;

    @Option(
            names = "--label-dropout",
            defaultValue = "0",
            description = "Share of images shown without label, for guidance by the network itself (default: "
                    + "${DEFAULT-VALUE}).")
    private double labelDropout;

    @Option(
            names = "--dropout",
            defaultValue = "0",
            description = "Share of activations in every block that a step does without (default: ${DEFAULT-VALUE}).")
    private double dropout;

    @Option(names = "--flip", description = "Mirror every second image.")
    private boolean flip;

    @Option(
            names = "--ema",
            paramLabel = "LIST",
            defaultValue = "0.05,0.10",
            description = "EMA lengths (sigma_rel) to track (default: ${DEFAULT-VALUE}).")
    private NumberList ema = new NumberList(List.of());

    @Option(
            names = "--ema-halflife",
            paramLabel = "NIMG",
            description = "Track a classic exponential average of this half-life too.")
    private @Nullable ImageCount halfLife;

    @Option(
            names = "--snapshot",
            paramLabel = "NIMG",
            defaultValue = "8Ki",
            description = "Interval of snapshots (default: ${DEFAULT-VALUE}).")
    private ImageCount snapshot = new ImageCount(0);

    @Option(
            names = "--checkpoint",
            paramLabel = "NIMG",
            defaultValue = "32Ki",
            description = "Interval of checkpoints (default: ${DEFAULT-VALUE}).")
    private ImageCount checkpoint = new ImageCount(0);

    @Option(
            names = "--status",
            paramLabel = "NIMG",
            defaultValue = "1Ki",
            description = "Interval of reports (default: ${DEFAULT-VALUE}).")
    private ImageCount status = new ImageCount(0);

    @Option(
            names = "--magnitudes",
            paramLabel = "NIMG",
            defaultValue = "8Ki",
            description = "Interval at which magnitudes of activations and weights go to magnitudes.jsonl; 0 for never "
                    + "(default: ${DEFAULT-VALUE}).")
    private ImageCount magnitudes = new ImageCount(0);

    @Option(names = "--seed", defaultValue = "0", description = "Random seed (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(
            names = "--dtype",
            defaultValue = "f16",
            description = "Element type of snapshots: f16 (default), bf16 or f32.")
    private ReconstructCommand.DTypeWord dtype = ReconstructCommand.DTypeWord.F16;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        Cli.requireLocal(
                "outdir",
                outdir,
                "training adds to its logs as it goes, which object storage cannot;"
                        + " train into a folder, and copy the run");
        try (Dataset dataset = dataset(data, resolution)) {
            TrainingOptions options = options(dataset);
            PrintWriter out = CommandOutput.of(spec);
            dataset.notices().forEach(out::println);
            out.printf(
                    Locale.ROOT,
                    "%,d parameters, %,d images of %dx%d, on %s%n",
                    options.network().parameterCount(),
                    dataset.size(),
                    dataset.resolution(),
                    dataset.resolution(),
                    Training.backend());
            out.flush();
            train(options, dataset, out);
        }
        return Cli.FINE;
    }

    /**
     * Trains until the end, or until the process is told to stop, and then lets it stop only when the checkpoint is on
     * disk and said so.
     */
    private void train(TrainingOptions options, Dataset dataset, PrintWriter out) throws IOException {
        TrainingDisplay display = new TrainingDisplay(CommandOutput.errors(spec), options.duration());
        try (StopSignal signal = new StopSignal(display::stopping)) {
            long reached = Training.run(options, dataset, outdir, status.images(), display, signal::stopped);
            out.printf(
                    Locale.ROOT,
                    reached < options.duration()
                            ? "stopped at %,d images; the same command goes on from there%n"
                            : "trained with %,d images%n",
                    reached);
            out.flush();
        }
    }

    static Dataset dataset(String data, int resolution) throws IOException {
        return data.equals(PROCEDURAL)
                ? new ProceduralDataset(PROCEDURAL_IMAGES, resolution, 0)
                : Dataset.open(Locations.path(data));
    }

    private static int atOnce(String option, ImageCount count) {
        if (count.images() > Integer.MAX_VALUE)
            throw Problem.invalid(option, "--" + option + " " + count.images() + " is more than fits into memory");
        return (int) count.images();
    }

    private TrainingOptions options(Dataset dataset) {
        Preset base = preset == null ? Preset.SMALL : Preset.named(preset);
        NetworkSpec network = NetworkSpec.of(
                architecture,
                dataset.resolution(),
                dataset.channels(),
                conditional ? dataset.classes() : 0,
                channels == null ? base.channels() : channels,
                multipliers.isEmpty() ? base.multipliers() : multipliers,
                blocks == null ? base.blocks() : blocks);
        int images = batch == null ? base.batch() : atOnce("batch", batch);
        LearningRate learningRate = new LearningRate(
                rate == null ? learningRate(base) : rate,
                decay == null ? base.decay() : decay,
                ramp == null ? base.ramp() : ramp.images());
        return new TrainingOptions(
                network,
                duration.images(),
                images,
                microBatch == null ? images : atOnce("batch-gpu", microBatch),
                learningRate,
                pMean == null ? base.pMean() : pMean,
                pStd == null ? base.pStd() : pStd,
                labelDropout,
                dropout,
                flip,
                averages(),
                snapshot.images(),
                checkpoint.images(),
                magnitudes.images(),
                seed,
                dtype.dtype()
                        .orElseThrow(() -> Problem.invalid(
                                "dtype",
                                "--dtype takes f16, bf16 or f32; a new run has no snapshots to be the same as")));
    }

    /**
     * A step of Adam changes free weights, which are small, relatively more than normalized ones. Of presets, see arXiv
     * 2312.02696, Table 6, config A.
     */
    private double learningRate(Preset base) {
        if (architecture == Architecture.EDM2) return base.learningRate();
        return preset == null ? 0.001 : 0.0001;
    }

    private List<WeightTracker> averages() {
        List<WeightTracker> averages = new ArrayList<>();
        for (double sigmaRel : ema.values()) {
            try {
                averages.add(WeightTracker.PowerTracker.of(sigmaRel));
            } catch (IllegalArgumentException e) {
                throw Problem.invalid("ema", "--ema: " + e.getMessage());
            }
        }
        if (halfLife != null) averages.add(new WeightTracker.ExponentialTracker(halfLife.images()));
        return averages;
    }
}
