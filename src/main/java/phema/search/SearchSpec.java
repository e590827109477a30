package phema.search;

/**
 * Says what a search may try, and when it is over.
 *
 * @param lengths above 0
 * @param guidance of one value where it is not searched
 * @param tolerance share of the metric that the point found may be worse than the best: the search ends when
 *     {@link Estimate#loss} is not larger
 * @param budget points evaluated at most
 * @param parallelism points evaluated at the same time
 */
public record SearchSpec(Interval lengths, Interval guidance, double tolerance, int budget, int parallelism) {
    public SearchSpec {
        if (!(lengths.low() > 0)) throw new IllegalArgumentException("lengths must be positive, not " + lengths.low());
        if (!(tolerance > 0)) throw new IllegalArgumentException("tolerance must be positive, not " + tolerance);
        if (budget < 1) throw new IllegalArgumentException("budget must be at least 1, not " + budget);
        if (parallelism < 1) throw new IllegalArgumentException("parallelism must be at least 1, not " + parallelism);
    }
}
