package phema.search;

/**
 * Holds the best point, as far as observations tell.
 *
 * @param value of the metric that is expected there
 * @param values hold the metric there, noise taken away, with a probability of 90 %
 * @param lengths holds the best EMA length with a probability of 90 %
 * @param guidance holds the best guidance with a probability of 90 %
 * @param loss share of the metric by which {@code point} is worse than the best point; with a probability of 95 % it is
 *     not more
 */
public record Estimate(
        SearchPoint point, double value, Interval values, Interval lengths, Interval guidance, double loss) {}
