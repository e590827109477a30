package phema.evaluation;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Runs a program to its end, or ends it with all that it started. */
final class ChildProcess {
    private static final int LONGEST_LINE = 1 << 16;
    /** The time between asking a program to end and ending it. */
    private static final Duration GRACE = Duration.ofSeconds(5);
    /** The time between two looks at programs that were asked to end: of grandchildren, nothing tells any sooner. */
    private static final Duration PAUSE = Duration.ofMillis(20);

    private ChildProcess() {}

    /** @param lastLine of standard output, without blank ones */
    record Result(int status, boolean timedOut, String lastLine) {}

    /**
     * @param started is told the program
     * @throws InterruptedException when this thread was interrupted; the program has ended then as well
     */
    static Result run(
            List<String> command, Path workdir, Duration timeout, EvaluationLog log, Consumer<ProcessHandle> started)
            throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command)
                .directory(workdir.toFile())
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .start();
        started.accept(process.toHandle());
        Pump out = Pump.start(process.getInputStream(), log);
        Pump err = Pump.start(process.getErrorStream(), log);
        try {
            boolean ended = process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS);
            if (!ended) end(process);
            // What the program leaves behind may hold its output open for ever.
            out.thread.join(GRACE);
            err.thread.join(GRACE);
            return new Result(process.exitValue(), !ended, out.lastLine());
        } catch (InterruptedException e) {
            end(process);
            throw e;
        }
    }

    /** Asks once, then insists. */
    private static void end(Process process) {
        List<ProcessHandle> all = Stream.concat(process.descendants(), Stream.of(process.toHandle()))
                .toList();
        all.forEach(ProcessHandle::destroy);
        boolean interrupted = false;
        Duration left = GRACE;
        while (all.stream().anyMatch(ProcessHandle::isAlive) && left.isPositive()) {
            left = left.minus(PAUSE);
            try {
                Thread.sleep(PAUSE);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        Stream.concat(process.descendants(), all.stream()).forEach(ProcessHandle::destroyForcibly);
        process.onExit().join();
        if (interrupted) Thread.currentThread().interrupt();
    }

    /** Reads a stream into the log. */
    private static final class Pump {
        private final StringBuilder line = new StringBuilder();
        private String last = "";
        private Thread thread = Thread.currentThread();

        static Pump start(InputStream from, EvaluationLog log) {
            Pump pump = new Pump();
            pump.thread = Thread.ofVirtual().start(() -> pump.run(from, log));
            return pump;
        }

        private void run(InputStream from, EvaluationLog log) {
            char[] buffer = new char[8192];
            try (Reader reader = new InputStreamReader(from, StandardCharsets.UTF_8)) {
                for (int n; (n = reader.read(buffer)) >= 0; ) {
                    for (int i = 0; i < n; i++) if (buffer[i] == 0) buffer[i] = '?'; // PostgreSQL's texts hold none
                    log.append(new String(buffer, 0, n));
                    split(buffer, n);
                }
            } catch (IOException closed) {
                log.line("(its output broke off: " + closed.getMessage() + ")");
            }
        }

        /** Progress bars end their lines with carriage returns. */
        private synchronized void split(char[] buffer, int n) {
            for (int i = 0; i < n; i++) {
                if (buffer[i] == '\n' || buffer[i] == '\r') endLine();
                else if (line.length() < LONGEST_LINE) line.append(buffer[i]);
            }
        }

        private void endLine() {
            if (!line.toString().isBlank()) last = line.toString().strip();
            line.setLength(0);
        }

        synchronized String lastLine() {
            endLine();
            return last;
        }
    }
}
