package phema.metrics;

import java.util.Arrays;
import java.util.stream.Collectors;
import phema.problem.Problem;
import phema.text.Labels;

/** Names a Frechet distance by the network whose features it compares. Less is better. */
public enum Metric {
    /** Features of Inception-v3 (arXiv 1706.08500). */
    FID,
    /** Features of DINOv2 ViT-L/14 (arXiv 2306.04675). */
    FD_DINOV2,
    /** Features of a small network of random weights that needs no file. For comparisons within a run only. */
    FD_RANDOM;

    /** @throws Problem when there is no such metric */
    public static Metric named(String word) {
        return Arrays.stream(values())
                .filter(metric -> metric.word().equals(word))
                .findFirst()
                .orElseThrow(() -> Problem.invalid(
                        "metric",
                        "no metric is called '" + word + "'; there are "
                                + Arrays.stream(values()).map(Metric::word).collect(Collectors.joining(", "))));
    }

    /** {@code fd_dinov2}. */
    public String word() {
        return Labels.of(this);
    }

    /** What a reader of the number must know; empty when it means what its name says. */
    public String caution() {
        return this == FD_RANDOM ? "not comparable with FID" : "";
    }
}
