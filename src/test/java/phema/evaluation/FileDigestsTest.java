package phema.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileDigestsTest {
    @TempDir
    private Path folder;

    private final FileDigests digests = new FileDigests();

    @Test
    void aFileIsDigestedAgainWhenItChangesAndNoneHasNoDigest() throws IOException {
        Path file = folder.resolve("reference.npz");
        assertThat(digests.of(file)).isEmpty();
        Files.writeString(file, "abc");
        assertThat(digests.of(file)).contains("ba7816bf8f01cfea414140de5dae2223b00361a3");
        assertThat(digests.of(file)).contains("ba7816bf8f01cfea414140de5dae2223b00361a3");
        Files.writeString(file, "abcd");
        assertThat(digests.of(file)).contains("88d4266fd4e6338d13b845fcf289579d209c8978");
        Files.delete(file);
        assertThat(digests.of(file)).isEmpty();
    }

    /** As tools do that keep time stamps. */
    @Test
    void aChangeInPlaceIsNoticedThoughSizeAndTimeStampStay() throws IOException {
        assumeTrue(Files.getFileStore(folder).supportsFileAttributeView("unix"));
        Path file = Files.writeString(folder.resolve("inception.onnx"), "abc");
        FileTime modified = Files.getLastModifiedTime(file);
        String before = digests.of(file).orElseThrow();
        Files.writeString(file, "abd");
        Files.setLastModifiedTime(file, modified);
        assertThat(digests.of(file)).isPresent().isNotEqualTo(Optional.of(before));
    }
}
