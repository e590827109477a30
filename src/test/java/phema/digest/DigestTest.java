package phema.digest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The examples of FIPS 180-4. */
class DigestTest {
    private static final String ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    @Test
    void ofTextsBytesAndFilesIsOfAllTogether(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "c");
        assertThat(Digest.sha256().add("abc").hex()).isEqualTo(ABC);
        assertThat(Digest.sha256().add("a").add((byte) 'b').add(file).hex()).isEqualTo(ABC);
        assertThat(Digest.sha256().add("abc").hex(40)).isEqualTo(ABC.substring(0, 40));
        assertThat(Digest.sha256().add("abc").bytes()).hasSize(32).startsWith(0xba, 0x78);
    }

    @Test
    void knowsWhatGitUses() {
        assertThat(Digest.sha1().add("abc").hex()).isEqualTo("a9993e364706816aba3e25717850c26c9cd0d89d");
    }
}
