package phema.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import phema.PhemaApplication;

class ServeCommandTest {
    @TempDir
    private Path home;

    @Test
    void refusesToServeOtherMachinesWithoutTokensInOneLine() {
        StringWriter err = new StringWriter();
        int status = Cli.run(
                PhemaApplication.class,
                new PrintWriter(new StringWriter()),
                new PrintWriter(err, true),
                "serve",
                "--server.address=0.0.0.0",
                "--server.port=0",
                "--phema.home=" + home);
        assertThat(status).isEqualTo(2);
        assertThat(err.toString().lines())
                .singleElement()
                .asString()
                .startsWith(
                        "phema: server.address is 0.0.0.0, so other machines could use this service without a token");
    }
}
