package phema.evaluation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Another process makes a folder, starts a program that works there, and is killed. */
@DisabledOnOs(OS.WINDOWS)
class TrialFoldersTest {
    @TempDir
    Path folder;

    /** The other process. */
    static final class Worker {
        public static void main(String[] args) throws Exception {
            TrialFolders.TrialFolder made = new TrialFolders(Path.of(args[0])).make("images");
            Files.createFile(made.path().resolve("000000.png"));
            Process program = new ProcessBuilder("sleep", "60")
                    .directory(made.path().toFile())
                    .start();
            made.worksFor(program.toHandle());
            System.out.println(program.pid() + " " + made.path());
            Thread.sleep(60_000);
        }
    }

    private Process worker() throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Worker.class.getName(),
                        folder.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private long files() throws IOException {
        try (Stream<Path> all = Files.list(folder)) {
            return all.count();
        }
    }

    @Test
    void whatAKilledProcessLeftGoesWhenItsProgramHasEnded() throws Exception {
        TrialFolders folders = new TrialFolders(folder);
        Process worker = worker();
        String[] said = worker.inputReader().readLine().split(" ", 2);
        ProcessHandle program = ProcessHandle.of(Long.parseLong(said[0])).orElseThrow();
        Path other = Path.of(said[1]);
        try (TrialFolders.TrialFolder own = folders.make("images")) {
            folders.clear();
            assertThat(other.resolve("000000.png")).exists();

            worker.destroyForcibly().waitFor();
            folders.clear();
            assertThat(other.resolve("000000.png")).exists();

            program.destroyForcibly();
            program.onExit().join();
            folders.clear();
            assertThat(other).doesNotExist();
            assertThat(own.path()).isEmptyDirectory();
        }
        assertThat(files()).isZero();
    }

    @Test
    void whatLivesUnderTheNumberOfAProgramThatEndedKeepsNothing() throws Exception {
        Path left = Files.createDirectory(folder.resolve("images-1"));
        Files.writeString(
                folder.resolve("images-1.in-use"), ProcessHandle.current().pid() + " 1000000000000\n");
        Path unknown = Files.createDirectory(folder.resolve("images-2"));

        new TrialFolders(folder).clear();

        assertThat(left).doesNotExist();
        assertThat(unknown).exists();
        assertThat(files()).isEqualTo(1);
    }
}
