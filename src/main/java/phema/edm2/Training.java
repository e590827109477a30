package phema.edm2;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import phema.format.NetworkSetting;
import phema.format.NetworkSettings;
import phema.problem.Problem;
import tools.jackson.databind.json.JsonMapper;

/**
 * Keeps a training run in a folder: snapshots {@code network-snapshot-KKKKKKK-S.SSS.safetensors} of power-function
 * averages, {@code classic-ema-KKKKKKK.safetensors} of exponential ones, the latest
 * {@code training-state-KKKKKKK.safetensors}, {@code stats.jsonl} and {@code magnitudes.jsonl}.
 */
public final class Training {
    private Training() {}

    /**
     * Says how far training is.
     *
     * @param nimg images seen
     * @param loss mean since the last status
     * @param learningRate of the last step
     * @param secondsPerKimg time for a thousand images, since the last status
     * @param badGradients values of gradients so far that were not finite and were taken for zero
     */
    public record TrainingStatus(
            long nimg, double loss, double learningRate, double secondsPerKimg, long badGradients) {}

    /**
     * Trains until the end, or until told to stop; then a checkpoint is written. Goes on from the latest checkpoint in
     * the folder.
     *
     * @param statusInterval images between two reports; the listener hears of the second step as well
     * @param stop asked after every step
     * @return images seen in all
     * @throws Problem when the dataset does not fit the network, or the checkpoint belongs to other options
     */
    public static long run(
            TrainingOptions options,
            Dataset dataset,
            Path folder,
            long statusInterval,
            Consumer<TrainingStatus> listener,
            BooleanSupplier stop)
            throws IOException {
        requireFit(options.network(), dataset);
        Files.createDirectories(folder);
        TrainingState start =
                TrainingState.latest(folder, options, dataset).orElseGet(() -> TrainingState.initial(options));
        try (Trainer trainer = new Trainer(options, dataset, start)) {
            long saved = start.nimg();
            long reported = start.nimg();
            long since = System.nanoTime();
            long timed = start.nimg();
            double loss = 0;
            if (start.nimg() == 0) logMagnitudes(folder, options, trainer);
            while (trainer.state().nimg() < options.duration() && !stop.getAsBoolean()) {
                loss += trainer.step() * options.batch();
                long nimg = trainer.state().nimg();
                boolean end = nimg == options.duration();
                boolean due = nimg - reported >= statusInterval || end;
                long steps = (nimg - start.nimg()) / options.batch();
                if (due || steps == 2) {
                    double seconds = (System.nanoTime() - since) / 1e9;
                    TrainingStatus status = new TrainingStatus(
                            nimg,
                            loss / (nimg - reported),
                            options.learningRate().at(nimg - options.batch(), options.batch()),
                            seconds * 1000 / (nimg - timed),
                            trainer.state().badGradients());
                    if (due) append(folder.resolve("stats.jsonl"), status);
                    listener.accept(status);
                }
                if (due || steps == 1) { // the first step takes longer than others
                    since = System.nanoTime();
                    timed = nimg;
                }
                if (due) {
                    reported = nimg;
                    loss = 0;
                }
                logMagnitudes(folder, options, trainer);
                if (nimg % options.snapshot() == 0) writeSnapshots(folder, options, trainer.state());
                if (nimg % options.checkpoint() == 0 || end) {
                    trainer.state().write(folder, options, dataset);
                    saved = nimg;
                }
            }
            if (saved < trainer.state().nimg()) trainer.state().write(folder, options, dataset);
            return trainer.state().nimg();
        }
    }

    /** What computes: the backend, its device or threads. */
    public static String backend() {
        return Backend.describe();
    }

    private static void requireFit(NetworkSpec spec, Dataset dataset) {
        if (dataset.resolution() != spec.resolution() || dataset.channels() != spec.channels())
            throw Problem.invalid(
                    "data",
                    "the images are %dx%d with %d channels, the network takes %dx%d with %d"
                            .formatted(
                                    dataset.resolution(),
                                    dataset.resolution(),
                                    dataset.channels(),
                                    spec.resolution(),
                                    spec.resolution(),
                                    spec.channels()));
        if (spec.classes() > 0 && dataset.classes() > spec.classes())
            throw Problem.invalid(
                    "data", "the images have " + dataset.classes() + " classes, the network " + spec.classes());
    }

    private static void writeSnapshots(Path folder, TrainingOptions options, TrainingState state) throws IOException {
        Map<String, String> metadata = new TreeMap<>(options.network().metadata());
        metadata.putAll(NetworkSettings.of(Map.of(NetworkSetting.DROPOUT.key(), String.valueOf(options.dropout())))
                .metadata());
        metadata.put("nimg", String.valueOf(state.nimg()));
        for (int i = 0; i < options.averages().size(); i++) {
            WeightTracker average = options.averages().get(i);
            NetworkWeights weights = state.averages().get(i);
            String name = switch (average) {
                case WeightTracker.PowerTracker power ->
                    String.format(
                            Locale.ROOT, "network-snapshot-%07d-%s.safetensors", state.nimg() / 1000, power.label());
                case WeightTracker.ExponentialTracker exponential ->
                    String.format(Locale.ROOT, "classic-ema-%07d.safetensors", state.nimg() / 1000);
            };
            SequencedMap<String, WeightStore.Values> tensors = new LinkedHashMap<>();
            for (String tensor : weights.names())
                tensors.put(tensor, new WeightStore.Values(weights.shape(tensor), weights.get(tensor)));
            WeightStore.write(folder.resolve(name), tensors, options.dtype(), metadata);
        }
    }

    private static void logMagnitudes(Path folder, TrainingOptions options, Trainer trainer) throws IOException {
        if (options.magnitudes() == 0 || trainer.state().nimg() % options.magnitudes() != 0) return;
        append(folder.resolve("magnitudes.jsonl"), trainer.magnitudes());
    }

    private static void append(Path file, Object line) throws IOException {
        Files.writeString(
                file,
                JsonMapper.shared().writeValueAsString(line) + "\n",
                StandardOpenOption.CREATE,
                StandardOpenOption.APPEND);
    }
}
