package phema.bulk;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import phema.bulk.SynthesisPlan.PlannedFile;
import phema.problem.Problem;
import phema.storage.FileTree;

/**
 * Keeps the files of syntheses. An attempt writes into a hidden folder of its own; what is complete moves to a hidden
 * folder of the synthesis, which is renamed when everything is there. Attempts at the same part write the same bytes,
 * so it does not matter which one's are kept.
 */
@Component
record PartFiles(BulkProperties settings) {
    private static final Logger log = LoggerFactory.getLogger(PartFiles.class);

    /** Keeps what an attempt has written. */
    void keep(Path own, String id, List<PlannedFile> written) throws IOException {
        Path complete = settings.complete(id);
        for (PlannedFile file : written) {
            Path to = complete.resolve(file.name());
            Files.createDirectories(to.toAbsolutePath().getParent());
            Files.move(own.resolve(file.name()), to, StandardCopyOption.ATOMIC_MOVE);
        }
    }

    /** Lets all files appear. @throws Problem when some are not there */
    void publish(String id, SynthesisPlan plan) throws IOException {
        Path complete = settings.complete(id);
        for (PlannedFile file : plan.files())
            if (!isComplete(complete, file))
                throw Problem.conflict(complete.resolve(file.name()) + " is not there, which part " + file.part()
                        + " has written; all workers must see the same phema.syntheses.folder");
        Files.move(complete, settings.folder(id));
    }

    /** Whether they have appeared: a worker may have died before it could say so. */
    boolean arePublished(String id, SynthesisPlan plan) {
        return plan.files().stream().allMatch(file -> isComplete(settings.folder(id), file));
    }

    private static boolean isComplete(Path folder, PlannedFile file) {
        try {
            return Files.size(folder.resolve(file.name())) == file.size();
        } catch (IOException e) {
            return false;
        }
    }

    /** What earlier attempts at a part left whose workers were killed. */
    void discardBefore(PartId part, int attempt) {
        for (int earlier = 1; earlier < attempt; earlier++)
            discard(settings.pending(part.synthesis(), part.number(), earlier));
    }

    /** All that nobody has seen: of workers that were killed, and of a synthesis that was not completed. */
    void discardHidden(String id) {
        discard(settings.complete(id));
        List<Path> attempts = new ArrayList<>();
        try (Stream<Path> all = Files.list(settings.folder().toAbsolutePath())) {
            all.filter(path -> String.valueOf(path.getFileName()).startsWith(BulkProperties.attempts(id)))
                    .forEach(attempts::add);
        } catch (NoSuchFileException e) {
            return;
        } catch (IOException | UncheckedIOException e) {
            log.warn("{} cannot be tidied: {}", settings.folder(), e.toString());
        }
        attempts.forEach(PartFiles::discard);
    }

    void discardAll(String id) {
        discardHidden(id);
        discard(settings.folder(id));
    }

    static void discard(Path folder) {
        try {
            FileTree.delete(folder);
        } catch (IOException | UncheckedIOException e) {
            log.warn("{} cannot be deleted: {}", folder, e.toString());
        }
    }

    /** @throws UncheckedIOException when they cannot be deleted */
    void deleteAll(String id) {
        discardHidden(id);
        try {
            FileTree.delete(settings.folder(id));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
