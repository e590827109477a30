package phema.format;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import phema.storage.FileTree;

/**
 * Every file of the corpus ends within 5 seconds of processor time and 512 MB in a refusal of one line, or is read
 * correctly, and nothing is created. The files are read one after the other by another JVM, {@link Child}, which has
 * 448 MB of heap; the rest is for the JVM itself.
 */
@DisabledOnOs(OS.WINDOWS)
class HostileFilesTest {
    private static final long MOST_MILLIS = 5_000;

    /** Longer than any machine is busy: only what blocks takes that long. */
    private static final long PATIENCE_SECONDS = 120;

    @TempDir
    static Path scratch;

    private static @Nullable Child child;

    static Collection<HostileFiles.Case> cases() throws Exception {
        return HostileFiles.all().values();
    }

    @Test
    void thereAreAtLeast120Cases() throws Exception {
        assertThat(cases()).hasSizeGreaterThanOrEqualTo(120);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void endsInOneLineOrACorrectReading(HostileFiles.Case hostile) throws Exception {
        Path folder = Files.createDirectory(scratch.resolve("case"));
        try {
            Path file = hostile.maker().make(folder);
            List<Path> before = everything();
            Answer answer = ask(file);
            assertThat(everything()).isEqualTo(before);
            assertThat(answer.end).as(answer.message).isEqualTo(hostile.end().name());
            assertThat(answer.millis).isLessThan(MOST_MILLIS);
            if (hostile.end() == HostileFiles.End.REFUSED)
                assertThat(answer.message)
                        .startsWith(OneLine.of(folder.toString()))
                        .doesNotContainPattern("[\\p{Cc}\\p{Cf}\u2028\u2029]")
                        .hasSizeBetween(
                                folder.toString().length() + 10,
                                folder.toString().length() + 1_000);
        } finally {
            deleteAll(folder);
        }
    }

    /** @param end {@code REFUSED}, {@code READ}, or what else happened */
    private record Answer(String end, long millis, String message) {}

    private static Answer ask(Path file) throws Exception {
        if (child == null || !child.process.isAlive()) child = Child.start();
        return child.ask(file);
    }

    @AfterAll
    static void stopChild() {
        if (child != null) child.process.destroyForcibly();
    }

    private static List<Path> everything() throws IOException {
        try (Stream<Path> files = Files.walk(scratch)) {
            return files.sorted().toList();
        }
    }

    private static void deleteAll(Path folder) throws IOException {
        FileTree.delete(folder);
        assertThat(Files.exists(folder, LinkOption.NOFOLLOW_LINKS)).isFalse();
    }

    /** A JVM that reads the files that its standard input names, and says on standard output how each ended. */
    static final class Child {
        private final Process process;
        private final BufferedReader answers;

        private Child(Process process) {
            this.process = process;
            this.answers = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8));
        }

        static Child start() throws IOException {
            return new Child(new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-Xmx448m",
                            "-XX:MaxDirectMemorySize=16m",
                            "-XX:+UseSerialGC",
                            "-cp",
                            System.getProperty("java.class.path"),
                            Child.class.getName())
                    .directory(scratch.toFile())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start());
        }

        Answer ask(Path file) throws Exception {
            process.outputWriter(UTF_8)
                    .append(URLEncoder.encode(file.toString(), UTF_8))
                    .append('\n')
                    .flush();
            String[] answer;
            try {
                answer = CompletableFuture.supplyAsync(this::line)
                        .get(PATIENCE_SECONDS, TimeUnit.SECONDS)
                        .split(" ", 3);
            } catch (TimeoutException e) {
                process.destroyForcibly();
                return new Answer("BLOCKED", Long.MAX_VALUE, file.toString());
            }
            return new Answer(answer[0], Long.parseLong(answer[1]), URLDecoder.decode(answer[2], UTF_8));
        }

        private String line() {
            try {
                String line = answers.readLine();
                return line == null ? "DIED 0 ?" : line;
            } catch (IOException e) {
                return "DIED 0 " + URLEncoder.encode(e.toString(), UTF_8);
            }
        }

        public static void main(String[] args) throws IOException {
            BufferedReader in = new BufferedReader(new InputStreamReader(System.in, UTF_8));
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                long begin = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
                String answer = answer(Path.of(URLDecoder.decode(line, UTF_8)));
                long millis = (ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - begin) / 1_000_000;
                System.out.println(answer.replaceFirst(" ", " " + millis + " "));
            }
        }

        private static String answer(Path file) {
            try {
                WeightFile read = WeightFiles.read(file);
                HostileFiles.requireSound(read);
                return "READ " + read.tensors().size();
            } catch (FormatException | FileSystemException e) {
                return "REFUSED " + URLEncoder.encode(String.valueOf(e.getMessage()), UTF_8);
            } catch (Throwable e) {
                return e.getClass().getSimpleName() + " " + URLEncoder.encode(String.valueOf(e), UTF_8);
            }
        }
    }
}
