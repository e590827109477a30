package phema.bench;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Runs this program again, as a service with the launcher's memory. What it costs is told by Linux alone. */
public final class BenchService implements AutoCloseable {
    /** The flags that the launcher gives a service. */
    private static final String MEMORY = "-Xmx1g -XX:GCTimeRatio=3 -XX:MinHeapFreeRatio=5 -XX:MaxHeapFreeRatio=10";

    private final Process process;
    private final URI url;

    private BenchService(Process process, URI url) {
        this.process = process;
        this.url = url;
    }

    /**
     * @param log of the service
     * @param settings of the service, which finds a port of its own
     */
    public static BenchService start(Path log, List<String> settings) throws IOException, InterruptedException {
        ProcessHandle.Info self = ProcessHandle.current().info();
        List<String> arguments = Arrays.asList(self.arguments().orElse(new String[0]));
        List<String> command = Stream.of(
                        Stream.of(self.command().orElse("java")),
                        arguments.subList(0, Math.max(0, arguments.indexOf("bench"))).stream()
                                .filter(argument ->
                                        !argument.equals("-XX:+UseSerialGC") && !argument.startsWith("-Xms")),
                        Stream.of("serve", "--server.port=0"),
                        settings.stream())
                .flatMap(part -> part)
                .toList();
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().put("JAVA_TOOL_OPTIONS", MEMORY);
        Process process = builder.start();
        String sign = "Tomcat started on port ";
        while (process.isAlive()) {
            String said = Files.readString(log);
            int at = said.indexOf(sign);
            if (at >= 0)
                return new BenchService(
                        process,
                        URI.create("http://localhost:"
                                + said.substring(at + sign.length()).split("\\D")[0]));
            Thread.sleep(100);
        }
        throw new IOException("the service ended; see its output in " + log);
    }

    public URI url() {
        return url;
    }

    /** Memory in bytes. */
    long resident() throws IOException {
        return status("VmRSS:") << 10;
    }

    int threads() throws IOException {
        return (int) status("Threads:");
    }

    /** Open files and connections. */
    int descriptors() throws IOException {
        try (Stream<Path> descriptors = Files.list(proc().resolve("fd"))) {
            return (int) descriptors.count();
        }
    }

    private long status(String name) throws IOException {
        return Files.readAllLines(proc().resolve("status")).stream()
                .filter(line -> line.startsWith(name))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElseThrow(() -> new IOException("/proc tells no " + name));
    }

    private Path proc() {
        return Path.of("/proc", String.valueOf(process.pid()));
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(1, TimeUnit.MINUTES)) process.destroyForcibly();
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
