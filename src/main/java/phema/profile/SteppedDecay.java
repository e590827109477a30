package phema.profile;

import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * Forgets as another decay does, but at updates that are some time apart: nothing changes between two of them. What the
 * weights did in that time arrives as a whole.
 *
 * @param begin from which updates are counted, back as well: where an average begins as a copy, it is one of the last
 *     update's weights
 * @param period time from one update to the next
 */
public record SteppedDecay(Decay decay, double begin, double period) implements Decay {
    /** The greatest number of updates that are told apart between two times; of more each one hardly matters. */
    private static final int MOST = 100;

    private static final double ROUNDING = 1e-12;

    @Override
    public double logShare(double s, double t) {
        double from = lastUpdate(s);
        double to = lastUpdate(t);
        return from == to ? 0 : decay.logShare(from, to);
    }

    /** Such that the density is that of the other decay, spread between updates. A mean begins as a copy. */
    @Override
    public double intake(double s) {
        double intake = decay.intake(s);
        double kept = decay.logShare(lastUpdate(s), s);
        return intake == 0 || kept == Double.NEGATIVE_INFINITY ? 0 : intake * Math.exp(-kept);
    }

    @Override
    public double[] kinks(double from, double to) {
        DoubleStream own = DoubleStream.of(decay.kinks(from, to));
        double first = lastUpdate(from);
        if (to - first > MOST * period) return own.toArray();
        return DoubleStream.concat(
                        IntStream.range(0, MOST + 1)
                                .mapToDouble(i -> first + i * period)
                                .takeWhile(update -> update < to),
                        own)
                .toArray();
    }

    /** A time that is an update's but for rounding is one. */
    private double lastUpdate(double time) {
        double updates = (time - begin) / period;
        return begin + Math.floor(updates + ROUNDING * Math.max(1, Math.abs(updates))) * period;
    }
}
