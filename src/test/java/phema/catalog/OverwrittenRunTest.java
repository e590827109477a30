package phema.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Folders in which files of an older run are left, or of a branch that a job has left. */
class OverwrittenRunTest {
    @TempDir
    Path folder;

    /** The numbers of files in the order in which they were written. */
    @ParameterizedTest
    @CsvSource({
        "step_%06d, 500 600 700 800 100 200 300 400, true",
        "step_%06d, 600 700 800 100 200 300 400 500, true",
        "step_%06d, 100 200 300 400 550 650 750 500 600 700 800, true", // training went on from 400
        "step_%06d, 100 200 300 400 550 650 500 600 700 800, false",
        "step_%06d, 100 200 300 400 500 600 700 800, false",
        "step_%06d, 700 800 100 200 300 400 500 600, false", // two may be anything
        "step_%06d, 500 600 800 700 100 200 300 400, false",
        "step_%06d, 800 700 600 500 400 300 200 100, false",
        "step_%06d, 400 100 700 800 200 600 300 500, false",
        "step_%06d, 100 300 200 500 600 700 800 400, false",
        "step_%d, 1000 1200 1400 200 400 600 800, false", // as names are sorted
        "step_%d, 500 600 700 800 100 200 300 400, true",
    })
    void isAskedFor(String name, String numbers, boolean asked) throws IOException {
        Instant written = Instant.now().minus(Duration.ofDays(1));
        for (String number : numbers.split(" ")) {
            written = written.plusSeconds(60);
            save(name.formatted(Integer.parseInt(number)) + ".safetensors", Float.parseFloat(number), written);
        }

        assertThat(notices().anyMatch(notice -> notice.contains("were written before")))
                .isEqualTo(asked);
    }

    @Test
    void ofSeveralWidthsBothAreNamed() throws IOException {
        Instant written = Instant.now().minus(Duration.ofDays(1));
        for (int kimg : List.of(40, 50, 60, 10, 20, 30))
            for (String width : List.of("0.100", "0.050")) {
                written = written.plusSeconds(60);
                save("net-%07d-%s.safetensors".formatted(kimg, width), kimg + Float.parseFloat(width), written);
            }

        assertThat(notices())
                .contains("net-0000040-0.050.safetensors to net-0000060-0.100.safetensors (6 files) were written before"
                        + " net-0000010-0.050.safetensors to net-0000030-0.100.safetensors (6 files), of which the"
                        + " first is of an earlier time. If they are left from an older run, or from before training"
                        + " went on from an earlier checkpoint, take them away: an average over both is one of"
                        + " neither. If all were only copied in that order, all is well.");
    }

    private void save(String name, float value, Instant written) throws IOException {
        Files.setLastModifiedTime(
                TestFiles.safetensors(folder.resolve(name), Map.of(), Map.of("w", value)), FileTime.from(written));
    }

    private Stream<String> notices() throws IOException {
        return RunScanner.scan(folder, Selection.DEFAULT).notices().stream();
    }
}
