package phema.onnx;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Describes an NVIDIA GPU.
 *
 * @param capability its compute capability, ten times: 86 for 8.6
 * @param memory in bytes
 */
public record Gpu(String name, int capability, long memory) {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Pattern LINE = Pattern.compile("(.+), *(\\d{1,2})\\.(\\d), *(\\d{1,9})");

    /**
     * The GPUs of this machine, at least one. The driver's own program is asked, so that nothing of CUDA is loaded.
     *
     * @param program {@code nvidia-smi}
     * @throws IOException when there is none; the message says why
     */
    public static List<Gpu> listedBy(String program) throws IOException {
        Process process;
        try {
            process = new ProcessBuilder(
                            program, "--query-gpu=name,compute_cap,memory.total", "--format=csv,noheader,nounits")
                    .redirectErrorStream(true)
                    .start();
        } catch (IOException e) {
            throw new IOException(program + " cannot be started", e);
        }
        try {
            // Whatever it says fits the pipe's buffer.
            if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS))
                throw new IOException(program + " did not answer within " + PATIENCE.toSeconds() + " seconds");
            String answer = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            List<String> lines =
                    answer.lines().map(String::strip).filter(l -> !l.isEmpty()).toList();
            if (lines.isEmpty()) throw new IOException(program + " says nothing");
            if (process.exitValue() != 0) throw new IOException(lines.getFirst());
            List<Gpu> gpus = new ArrayList<>();
            for (String line : lines) {
                Matcher matcher = LINE.matcher(line);
                if (!matcher.matches()) throw new IOException(program + " says: " + line);
                gpus.add(new Gpu(
                        matcher.group(1),
                        10 * Integer.parseInt(matcher.group(2)) + Integer.parseInt(matcher.group(3)),
                        Long.parseLong(matcher.group(4)) << 20));
            }
            return gpus;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            process.destroyForcibly();
        }
    }

    /** {@code NVIDIA A100-SXM4-40GB (sm_80)}. */
    @Override
    public String toString() {
        return name + " (sm_" + capability + ")";
    }
}
