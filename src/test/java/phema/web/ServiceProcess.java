package phema.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import phema.time.Await;

/** A service in a process of its own, with 512 MB of heap, at a port that it found free. */
record ServiceProcess(Process process, int port) implements AutoCloseable {
    private static final Pattern LISTENS = Pattern.compile("listens on http://localhost:(\\d+)");

    /**
     * Starts it, and waits until it listens.
     *
     * @param folder for what it prints
     * @param before what the command begins with, before that of Java; may be empty
     */
    static ServiceProcess start(Path folder, List<String> before, String classPath, List<String> settings)
            throws IOException {
        List<String> command = Stream.of(
                        before,
                        List.of(
                                Path.of(System.getProperty("java.home"), "bin", "java")
                                        .toString(),
                                "--enable-native-access=ALL-UNNAMED",
                                "-Xmx512m",
                                "-cp",
                                classPath,
                                "phema.Phema",
                                "serve",
                                "--server.port=0"),
                        settings)
                .flatMap(List::stream)
                .toList();
        Path out = folder.resolve("out");
        Path err = folder.resolve("err");
        Process process = new ProcessBuilder(command)
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();
        try {
            Await.until(() ->
                    !process.isAlive() || LISTENS.matcher(Files.readString(out)).find());
            Matcher found = LISTENS.matcher(Files.readString(out));
            assertThat(found.find()).as(Files.readString(err)).isTrue();
            return new ServiceProcess(process, Integer.parseInt(found.group(1)));
        } catch (IOException | RuntimeException | AssertionError e) {
            process.destroyForcibly();
            throw e;
        }
    }

    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
    }
}
