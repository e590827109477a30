package phema.profile;

import java.util.stream.DoubleStream;

/**
 * Forgets in one way up to a moment, and in another from there on, as where a job was resumed with another decay.
 *
 * @param at when it changed
 */
public record ChangedDecay(Decay before, Decay after, double at) implements Decay {
    @Override
    public double logShare(double s, double t) {
        return (s < at ? before.logShare(s, Math.min(t, at)) : 0) + (t > at ? after.logShare(Math.max(s, at), t) : 0);
    }

    @Override
    public double intake(double s) {
        return (s < at ? before : after).intake(s);
    }

    @Override
    public double[] kinks(double from, double to) {
        return DoubleStream.concat(
                        DoubleStream.of(at),
                        DoubleStream.concat(
                                DoubleStream.of(before.kinks(from, to)), DoubleStream.of(after.kinks(from, to))))
                .toArray();
    }
}
