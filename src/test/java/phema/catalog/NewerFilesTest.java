package phema.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is newer than all that a run uses. */
class NewerFilesTest {
    @TempDir
    Path folder;

    /** The lines that are proposed take all of them. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            dit-step%04d.safetensors        | dit_resumed-step%04d.safetensors  | dit*-step{time}.safetensors
            net_%04d.pt                     | net_%04d_b.pt                     | net_{time}*.pt
            checkpoint-%d/model.safetensors | checkpoint-%d-b/model.safetensors | checkpoint-{time}*/model.safetensors
            checkpoint-%d/model.safetensors | checkpoint-%d-b/other.safetensors | ''
            network-snapshot-%07d-0.050.pkl | resumed-%07d-0.050.pkl            | ''
            """)
    void namesThatTheRunDoesNotTakeAreNamed(String old, String young, String pattern) throws IOException {
        for (int time = 100; time <= 400; time += 100) write(old, time);
        for (int time = 400; time <= 600; time += 100) write(young, time);
        Run run = scan();

        assertThat(run.newestTime()).isEqualTo(old.endsWith("pkl") ? Kimg.toNimg(400) : 400);
        NewerFiles newer = run.newer().orElseThrow();
        assertThat(newer.ofRun()).isEmpty();
        assertThat(newer.others()).containsExactly(first(young.formatted(500)), first(young.formatted(600)));
        assertThat(newer.message())
                .startsWith("2 names say a later time than those of all files that are used, and are not used: ")
                .contains("So weights are those of time ")
                .contains(
                        pattern.isEmpty()
                                ? "name the files of all in phema.yaml"
                                : "`files: '" + pattern + "'` and `profile: impulse`");
        assertThat(run.said()).first().isEqualTo(newer.message());
        assertThat(run.warningsAt(run.newestTime())).containsExactly(newer.message());
        assertThat(run.warningsAt(run.newestTime() - 1)).isEmpty();
        if (pattern.isEmpty()) return;
        Files.delete(folder.resolve(young.formatted(400)));
        Files.writeString(folder.resolve("phema.yaml"), "files: '" + pattern + "'\nprofile: impulse\n");
        assertThat(scan().newestTime()).isEqualTo(600);
        assertThat(scan().newer()).isEmpty();
    }

    /** Older ones, other clocks, dates, links, and what a manifest or a prefix was given for. */
    @Test
    void nothingElseIs() throws IOException {
        for (int time = 100; time <= 400; time += 100) write("net_%04d.pt", time);
        write("other_%04d.pt", 300);
        write("best-epoch_%d.pt", 500);
        write("backup-%d.pt", 20260105);
        write("optim_%04d.pt", 500);
        Files.createSymbolicLink(folder.resolve("copy_0500.pt"), Path.of("net_0400.pt"));
        Files.createDirectories(folder.resolve("step-500"));
        assertThat(scan().snapshots()).hasSize(4);
        assertThat(scan().newer()).isEmpty();
        write("resumed_%04d.pt", 500);
        assertThat(scan().newer()).isPresent();
        Selection chosen = new Selection(Optional.of("net_"), List.of());
        assertThat(RunScanner.scan(folder, chosen).newer()).isEmpty();
        Files.writeString(folder.resolve("phema.yaml"), "files: 'net_{time}.pt'\nprofile: impulse\n");
        assertThat(scan().newer()).map(NewerFiles::others).contains(List.of("resumed_0500.pt"));
    }

    /** Averages are not proposed as raw weights. */
    @Test
    void averagesAreToBeStated() throws IOException {
        for (int time = 100; time <= 400; time += 100) write("net_%04d.pt", time);
        write("net_%04d_swa.pt", 500);
        assertThat(scan().newer().orElseThrow().message()).contains("averages with the time and profile of each");
    }

    @Test
    void filesOfTheRunThatCannotBeUsedAreCounted() throws IOException {
        for (int time = 100; time <= 400; time += 100) write("net_%04d.safetensors", time);
        for (int time = 500; time <= 600; time += 100)
            TestFiles.safetensors(folder.resolve("net_0%d.safetensors".formatted(time)), "ema.w", 1, time);
        Run run = scan();
        NewerFiles newer = run.newer().orElseThrow();
        assertThat(newer.ofRun())
                .extracting(Excluded::name)
                .containsExactly("net_0500.safetensors", "net_0600.safetensors");
        assertThat(newer.message())
                .isEqualTo("2 files are newer than all that are used, and not used: net_0500.safetensors to"
                        + " net_0600.safetensors (no profile). So weights are those of time 400 at most.");
    }

    /** A file that is still being written has a word of its own. */
    @Test
    void oneThatGrowsIsNotCounted() throws IOException {
        for (int time = 100; time <= 400; time += 100) write("net_%04d.safetensors", time);
        Files.write(folder.resolve("net_0500.safetensors"), new byte[] {1});
        Run run = scan();
        assertThat(run.excluded()).hasSize(1);
        assertThat(run.newer()).isEmpty();
    }

    private static String first(String path) {
        return path.replaceFirst("/.*", "");
    }

    private Run scan() throws IOException {
        return RunScanner.scan(folder, Selection.DEFAULT);
    }

    /** Whatever the name says, phema reads what is in it. */
    private void write(String name, int time) throws IOException {
        TestFiles.safetensors(folder.resolve(name.formatted(time)), "w", 1, time);
    }
}
