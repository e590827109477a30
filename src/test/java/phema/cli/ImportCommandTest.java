package phema.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Metrics that people have already, from files. */
class ImportCommandTest {
    @TempDir
    private static Path folder = Path.of("");

    /** Spring keeps it for the process. */
    @AfterAll
    static void logAgain() {
        System.clearProperty("CONSOLE_LOG_THRESHOLD");
    }

    private static Shell.Result phema(String command, Path file, String... more) {
        String[] words = (command + " " + Shell.EDM2 + " " + file).split(" ");
        String[] args = new String[words.length + more.length + 1];
        System.arraycopy(words, 0, args, 0, words.length);
        args[words.length] = "--phema.home=" + folder.resolve("home");
        System.arraycopy(more, 0, args, words.length + 1, more.length);
        return Shell.phema(args);
    }

    @Test
    void addsWhatAFileHolds() throws IOException {
        Path csv = Files.writeString(folder.resolve("mine.csv"), "sigmaRel,fid\n0.1,2.5\n0.2,2.7\n0.2,2.7\n");
        Shell.Result result = phema("measurements import", csv);
        assertThat(result.status()).as(result.err()).isZero();
        assertThat(result.out()).isEqualTo("added 2 measurements to " + Shell.EDM2 + "\n");
        assertThat(result.err()).isEqualTo("note: row 4 is the same measurement as row 3: it counts once\n");
        assertThat(phema("sweep import", csv).err())
                .contains("note: row 2 is the same measurement as the one of source mine.csv: it counts once\n");

        Path json = Files.writeString(
                folder.resolve("mine.json"),
                "{\"source\": \"mine\", \"measurements\": [{\"profile\": \"decay:cosine:65536\", \"metrics\": {\"loss\": 1}}]}");
        assertThat(phema("sweep import", json).fine().out()).startsWith("added 1 measurements");
    }

    @Test
    void refusesInOneLine() throws IOException {
        Path csv = Files.writeString(folder.resolve("bad.csv"), "sigmaRel,fid\n0.1,=A1\n");
        assertThat(phema("measurements import", csv).complaint())
                .isEqualTo("phema: row 2, column fid: '=A1' is a formula; save the file with its values");
        assertThat(phema("measurements import", folder.resolve("none.csv")).complaint())
                .isEqualTo("phema: " + folder.resolve("none.csv") + " is no file");
        Path json = Files.writeString(folder.resolve("bad.json"), "{\"source\": 3,");
        assertThat(phema("measurements import", json).complaint()).contains("bad.json cannot be read: ");
        Files.writeString(
                json,
                "{\"source\": \"mine\", \"measurements\": [{\"sigmaRel\": 0.1, \"metrics\": {\"fid\": 1, \"fid\": 2}}]}");
        assertThat(phema("measurements import", json).complaint())
                .contains("bad.json cannot be read: Duplicate Object property \"fid\"");
        assertThat(Shell.phema("measurements").complaint()).contains("needs a subcommand: import RUN FILE");
    }

    /** A million rows are not read to their end. */
    @Test
    void aFileOfAMillionRowsIsRefused() throws IOException {
        Path csv = folder.resolve("million.csv");
        try (BufferedWriter out = Files.newBufferedWriter(csv)) {
            out.write("sigmaRel,fid\n");
            for (int i = 0; i < 1_000_000; i++) out.write("0.1," + i + "\n");
        }
        assertThat(phema("measurements import", csv).complaint())
                .isEqualTo("phema: row 100002: there are more than 100000 rows, which is the most at once");
    }

    /** A run that is called import is swept like any other. */
    @Test
    void aRunMayBeCalledImport() throws IOException {
        Shell.Result result = Shell.phema(
                "sweep", "import", "--outstd", "0.1", "--evaluator=builtin", "--phema.home=" + folder.resolve("other"));
        assertThat(result.complaint()).contains("No run is named import");
    }
}
