package phema.web;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.test.web.server.LocalServerPort;
import phema.FixtureService;

/** The file of Python that clients get, run by a Python where there is one. */
@FixtureService
class ClientTest {
    @LocalServerPort
    int port;

    @TempDir
    private Path folder;

    private String python(String code) throws Exception {
        ProcessBuilder builder = new ProcessBuilder("python3", "-B", "-c", "import phema, sys\n" + code);
        builder.environment().put("PYTHONPATH", "src/client");
        Process process = builder.redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }

    private static boolean hasPython() throws InterruptedException {
        try {
            return new ProcessBuilder("python3", "-c", "").start().waitFor() == 0;
        } catch (IOException e) {
            return false;
        }
    }

    private String download() throws IOException {
        try (var content = URI.create(
                        "http://localhost:" + port + "/api/v1/runs/edm2/measurements.csv?source=of+the+client")
                .toURL()
                .openStream()) {
            return new String(content.readAllBytes(), UTF_8);
        }
    }

    @Test
    void bringsAlongTheMeasurementsThatTheServiceGives() throws Exception {
        assumeTrue(hasPython());
        Path file = Files.writeString(folder.resolve("measured.csv"), """
                sigmaRel,profile,seeds,fid
                0.1,,0-49999,2.5
                ,decay:cosine:65536,,2.75
                """);
        String bring = "service = phema.Service('http://localhost:" + port + "')\n"
                + "print(service.import_csv('edm2', '" + file + "', 'of the client', evaluator='mine', version='3'))";
        assertThat(python(bring)).contains("'added': 2");
        String given = download();
        assertThat(given).contains("of the client,mine,3,0.1,,", "decay:cosine:65536");

        Files.writeString(file, given);
        assertThat(python(bring.replace("'of the client', ", ""))).contains("'added': 0");
        assertThat(download()).isEqualTo(given);

        Files.writeString(file, "sigmaRel,fid\n0.1,much\n");
        assertThat(python("try:\n    phema.Service('http://localhost:" + port + "').import_csv('edm2', '" + file
                        + "')\nexcept phema.Refused as e:\n    print(e)"))
                .contains("row 2", "fid", "'much' is not a number");
    }
}
