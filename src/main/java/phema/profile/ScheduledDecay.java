package phema.profile;

/**
 * Forgets as trainers schedule it: a copy of the weights until {@code after}, then the lesser of a {@link Warmup} and
 * one decay at each update. Shares are products of decays in closed form; between two updates they are interpolated
 * here, and what they were at the last one for {@link Scheduled#atUpdates}.
 *
 * @param decay in (0, 1]
 * @param after the last step at which the average is a copy; the warm-up counts on from there
 * @param every steps from one update to the next, each made with the decay of its step
 * @param batch units of time in one step: where time is images, how many a step takes
 * @param stepped whether updates are few enough for what lies between two of them to count
 */
public record ScheduledDecay(Warmup warmup, double decay, double after, double every, double batch, boolean stepped)
        implements Decay {
    public ScheduledDecay {
        if (!(decay > 0 && decay <= 1))
            throw new IllegalArgumentException("the decay must lie in (0, 1], not " + decay);
        if (!(after >= 0 && after < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("after must be a step, 0 or more, not " + after);
        if (!(every >= 1 && every < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("every must be a number of steps, 1 or more, not " + every);
        Require.positive("batch", batch);
        if (warmup instanceof Warmup.MeanWarmup && !(decay == 1 && every == 1))
            throw new IllegalArgumentException("a mean has no decay, and counts its updates");
    }

    /** Of updates at each step, or at those that are several steps apart. */
    public ScheduledDecay(Warmup warmup, double decay, double after, double every, double batch) {
        this(warmup, decay, after, every, batch, every > 1);
    }

    /** The plain mean of the weights since {@code after}. */
    public static ScheduledDecay mean(double after, double batch, boolean stepped) {
        return new ScheduledDecay(new Warmup.MeanWarmup(), 1, after, 1, batch, stepped);
    }

    @Override
    public double logShare(double s, double t) {
        double first = step(s);
        double last = step(t);
        if (first < 0) return s < t ? Double.NEGATIVE_INFINITY : 0;
        double end = warmedUp();
        double firstWarm = Math.min(first, end);
        double lastWarm = Math.min(last, end);
        return warmup.logShare(firstWarm, lastWarm, every) - rate() * ((last - lastWarm) - (first - firstWarm));
    }

    @Override
    public double intake(double s) {
        double step = step(s);
        if (!(step > 0)) return 0; // a mean's would be infinite at its very beginning
        return (step < warmedUp() ? warmup.intake(step, every) : rate()) / batch;
    }

    @Override
    public double[] kinks(double from, double to) {
        return kinks();
    }

    /** When averaging begins, and when it is warmed up, which may be never: infinity. */
    public double[] kinks() {
        return new double[] {begin(), begin() + warmedUp() * batch};
    }

    /** Whether it is the plain mean of its updates. */
    public boolean isMean() {
        return warmup instanceof Warmup.MeanWarmup;
    }

    /** The time up to which the average is a copy of the weights. */
    public double begin() {
        return after * batch;
    }

    /** Steps since averaging began; negative before. */
    private double step(double time) {
        return (time - begin()) / batch;
    }

    /** The last update of the warm-up, in steps since averaging began. */
    private double warmedUp() {
        return Math.max(0, Math.floor(warmup.end(decay) / every) * every);
    }

    /** Of what is left once warmed up, per step. */
    double rate() {
        return -Math.log(decay) / every;
    }
}
