package phema.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import phema.PhemaApplication;
import phema.format.Tensor;
import phema.format.WeightFile;
import phema.format.WeightFiles;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Runs commands, and makes folders to run them on. */
final class Shell {
    static final Path FIXTURES = Path.of("src/test/resources/fixtures");
    static final String EDM2 = FIXTURES.resolve("edm2").toString();

    private Shell() {}

    /** What a command left behind. */
    record Result(int status, String out, String err) {
        private static final String PROGRESS = "\\d+% of .*|\\d+ trials.*|trial \\d+, .*";

        /** Ended well and had nothing to complain about; on a busy machine it may have said how far it was. */
        Result fine() {
            assertThat(err.lines()).allMatch(line -> line.matches(PROGRESS));
            assertThat(status).isZero();
            return this;
        }

        /** The one line that says what was wrong with the input. */
        String complaint() {
            assertThat(err).doesNotContain("Exception", "\tat ");
            assertThat(status).isEqualTo(2);
            List<String> complaints =
                    err.lines().filter(line -> !line.matches(PROGRESS)).toList();
            assertThat(complaints).singleElement().asString().startsWith("phema: ");
            return complaints.getFirst();
        }

        JsonNode json() {
            fine();
            return JsonMapper.shared().readTree(out);
        }
    }

    static Result phema(String... args) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int status = Cli.run(PhemaApplication.class, new PrintWriter(out, true), new PrintWriter(err, true), args);
        return new Result(status, out.toString(), err.toString());
    }

    /** Runs a command line, cut at spaces. */
    static Result phema(String line) {
        return phema(line.split(" "));
    }

    /** A copy of the sample run, an hour old, so that no file of it is taken for growing. */
    static Path copy(String fixture, Path to) throws IOException {
        Files.createDirectories(to);
        try (Stream<Path> files = Files.list(FIXTURES.resolve(fixture))) {
            for (Path file : files.toList()) {
                Path copy = to.resolve(file.getFileName());
                Files.copy(file, copy);
                age(copy);
            }
        }
        return to;
    }

    static void age(Path file) throws IOException {
        Files.setLastModifiedTime(file, FileTime.from(Instant.now().minus(Duration.ofHours(1))));
    }

    /** Overwrites the elements of a tensor, from the given one on. */
    static void poke(Path path, String name, long element, byte... bytes) throws IOException {
        WeightFile file = WeightFiles.read(path);
        Tensor tensor = file.tensors().get(file.indexOf(name, 0));
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
            channel.write(
                    ByteBuffer.wrap(bytes),
                    tensor.offset() + element * tensor.dtype().bytes());
        }
        age(path);
    }

    static List<String> names(Path folder) throws IOException {
        if (!Files.exists(folder)) return List.of();
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> String.valueOf(file.getFileName()))
                    .sorted()
                    .toList();
        }
    }
}
