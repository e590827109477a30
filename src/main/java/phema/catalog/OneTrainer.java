package phema.catalog;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;
import phema.format.WeightFiles;

/**
 * Looks for what OneTrainer's backups say of the files that it saves beside them: these hold its average where it keeps
 * one, and how often that is updated stands nowhere.
 */
final class OneTrainer {
    private OneTrainer() {}

    /** The decay of the average; empty where no backup holds one. */
    static Optional<String> decay(Path saved, Predicate<Path> mayRead) {
        Path backups = saved.resolveSibling("backup");
        if (!Files.isDirectory(backups)) return Optional.empty();
        try (Stream<Path> folders = Files.list(backups)) {
            Optional<Path> newest = folders.map(folder -> folder.resolve("ema").resolve("ema.pt"))
                    .filter(Files::isRegularFile)
                    .max(Path::compareTo);
            return newest.isEmpty()
                    ? Optional.empty()
                    : Optional.ofNullable(WeightFiles.read(newest.get(), Optional.empty(), mayRead)
                            .metadata()
                            .get("decay"));
        } catch (IOException | RuntimeException e) { // then it is asked, as without backups
            return Optional.empty();
        }
    }

    /** The same question, with the answer that the backups make the likeliest. */
    static Recognition asked(Recognition question, String decay) {
        return question.withLines(List.of(
                        "files: '*-save-{time}-*.safetensors'", "profile: 'ema:" + decay + ",warmup=10,every=5'"))
                .withNotices(List.of("The backups beside this folder keep an average of decay " + decay
                        + ", so these files most likely hold it; OneTrainer updates it every 5 steps unless told"
                        + " otherwise. The raw weights are in the backups, which are a run of their own."));
    }
}
