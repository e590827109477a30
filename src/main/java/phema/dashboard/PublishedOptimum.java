package phema.dashboard;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;

/**
 * Gives an optimum of Karras et al., "Analyzing and Improving the Training Dynamics of Diffusion Models" (arXiv
 * 2312.02696), or, where another network guides, of "Guiding a Diffusion Model with a Bad Version of Itself" (arXiv
 * 2406.02507).
 */
record PublishedOptimum(String model, String metric, String guidance, double sigmaRel, double value) {
    private static final List<PublishedOptimum> ALL = read();

    /** Returns the optima of this metric, or of FID where nothing was published of it. */
    static List<PublishedOptimum> of(String metric) {
        String known = ALL.stream().anyMatch(o -> o.metric.equals(metric)) ? metric : "fid";
        return ALL.stream().filter(o -> o.metric.equals(known)).toList();
    }

    String description() {
        return metric + " of " + model + (guidance.isEmpty() ? "" : ", guidance " + guidance);
    }

    private static List<PublishedOptimum> read() {
        try (InputStream in =
                Objects.requireNonNull(PublishedOptimum.class.getResourceAsStream("published-optima.csv"))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .skip(1)
                    .map(line -> line.split(",", -1))
                    .map(c ->
                            new PublishedOptimum(c[0], c[1], c[2], Double.parseDouble(c[3]), Double.parseDouble(c[4])))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
