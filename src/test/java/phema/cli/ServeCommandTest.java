package phema.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
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

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            --phema.security.tokens[0].name=a --phema.security.tokens[0].role=read --phema.security.tokens[0].hash=abc\
             | phema.security.tokens[0].hash must be 64 lower-case hex digits
            --phema.evaluators.mine.command=x | phema.evaluators[mine].type is missing: builtin or command
            --phema.worker.threads=abc        | phema.worker.threads: abc cannot be used as a whole number
            --phema.security.rate=-1          | phema.security.rate must be greater than 0, not -1
            --port=70000                      | --port must lie in 1..65535, or be 0 for any that is free, not 70000
            --port=-1                         | --port must lie in 1..65535, or be 0 for any that is free, not -1
            --spring.config.additional-location=/no/such.yaml | resource 'file [/no/such.yaml]' via location\
             '/no/such.yaml' is not there
            --phema.synthesis.max-memory=1    | phema.synthesis.max-memory must be 1 MiB or more, not 1 B
            --phema.evaluators.mine.type=command\
             | phema.evaluators.mine.command is missing: a program and its arguments
            --phema.rots=/x                   | no setting is called phema.rots; phema.roots may be meant
            --phema.evaluators.builtin.step=2\
             | no setting is called phema.evaluators.builtin.step; phema.evaluators.builtin.steps may be meant
            --phema.evaluators.mine.type=command --phema.evaluators.mine.verson=7\
             | no setting is called phema.evaluators.mine.verson; phema.evaluators.mine.version may be meant
            --phema.security.tokens[0].nam=a\
             | no setting is called phema.security.tokens[0].nam; phema.security.tokens[0].name may be meant
            --phema.worker.many=3             | no setting is called phema.worker.many; below phema.worker there are\
             drain, enabled, threads, url, weights-age, weights-space
            --phema.home.x=1                  | no setting is called phema.home.x; phema.home has none below it
            --pheme.roots=/x                  | Unknown setting: '--pheme.roots'; --phema.roots may be meant
            --prt=1                           | Unknown option: '--prt'; --port may be meant; see phema serve --help
            --spring.datasource.url=jdbc:postgresql://localhost:1/x\
             | the database jdbc:postgresql://localhost:1/x (spring.datasource.url) cannot be used: Connection to\
             localhost:1 refused
            """)
    void namesTheSettingThatKeepsItFromStarting(String settings, String complaint) {
        List<String> command = new ArrayList<>(List.of("serve", "--server.port=0", "--phema.home=" + home));
        command.addAll(List.of(settings.split(" ")));
        assertThat(Shell.phema(command.toArray(String[]::new)).complaint()).startsWith("phema: " + complaint);
    }

    @Test
    void namesTheFileThatHasASettingWhichThereIsNot() throws IOException {
        Path file = Files.writeString(home.resolve("more.yaml"), "phema:\n  worker:\n    threds: 3\n");
        assertThat(Shell.phema("serve --server.port=0 --phema.home=" + home + " --spring.config.additional-location="
                                + file)
                        .complaint())
                .startsWith("phema: no setting is called phema.worker.threds (")
                .contains(file + "] - 3:13); phema.worker.threads may be meant");
    }

    @Test
    void namesTheFileThatIsNoYamlAndThePlace() throws IOException {
        Path good = Files.writeString(home.resolve("good.yaml"), "phema:\n  samples: 3\n");
        Path file = Files.writeString(home.resolve("broken.yaml"), "phema:\n  roots: [a\n  samples: 3\n");
        String complaint = "phema: " + file + ", line 3, column 10 is no YAML: ";
        String where = " --phema.home=" + home + " --spring.config.additional-location=" + good + "," + file;
        assertThat(Shell.phema("serve --server.port=0" + where).complaint()).startsWith(complaint);
        assertThat(Shell.phema("worker" + where).complaint()).startsWith(complaint);
        assertThat(Shell.phema("sweep edm2 --outstd=0.1 --evaluator=builtin --metric=fd_random" + where)
                        .complaint())
                .startsWith(complaint);
    }

    @Test
    void namesAPortThatIsTaken() throws IOException {
        try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            assertThat(Shell.phema("serve --server.port=" + other.getLocalPort() + " --phema.home=" + home)
                            .complaint())
                    .startsWith("phema: port " + other.getLocalPort() + " of this machine is taken");
        }
        assertThat(Shell.phema("serve --server.port=70000 --phema.home=" + home).complaint())
                .isEqualTo("phema: server.port must lie in 1..65535, or be 0 for any that is free, not 70000");
    }

    @Test
    void namesADatabaseThatIsNoneAndLeavesItAlone() throws IOException, SQLException {
        Path database = home.resolve("phema.db");
        byte[] whole = database();
        for (byte[] content : List.of(
                "not a database at all ".repeat(100).getBytes(UTF_8),
                new byte[5000],
                Arrays.copyOf(whole, whole.length / 2))) {
            Files.write(database, content);
            assertThat(Shell.phema("serve --server.port=0 --phema.home=" + home).complaint())
                    .contains(database.toString(), "cannot be used", "move it away");
            assertThat(database).hasBinaryContent(content);
        }
        Files.delete(database);
        Files.createDirectory(database);
        assertThat(Shell.phema("serve --server.port=0 --phema.home=" + home).complaint())
                .contains(database.toString(), "cannot be used", "its disk has room", "may write there")
                .doesNotContain("move it away");
    }

    private byte[] database() throws IOException, SQLException {
        Path file = home.resolve("whole.db");
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
                Statement statement = connection.createStatement()) {
            statement.execute("create table t as select zeroblob(100000)");
        }
        return Files.readAllBytes(file);
    }

    @Test
    void namesAHomeThatIsAFile() throws IOException {
        Path file = Files.createFile(home.resolve("file"));
        assertThat(Shell.phema("serve --server.port=0 --phema.home=" + file).complaint())
                .startsWith("phema: phema.home " + file + " is a file, or a folder that cannot be created here");
    }
}
