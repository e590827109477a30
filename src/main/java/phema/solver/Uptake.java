package phema.solver;

import java.util.stream.DoubleStream;
import phema.profile.Decay;
import phema.profile.Exponential;
import phema.profile.Impulse;
import phema.profile.Integrals;
import phema.profile.LearningRateDecay;
import phema.profile.Mixture;
import phema.profile.Power;
import phema.profile.Profile;
import phema.profile.Scheduled;
import phema.profile.Uniform;

/**
 * Says how much of what the weights do at a moment is in a coordinate of the state later: in a tracked average at the
 * end of a step, or in the average of a fixed profile when that ends.
 */
interface Uptake {
    /**
     * {@code rho(s) = 1 - P(s)}, with {@code P(s)} the share that comes from at or before {@code s}: as much of a jump
     * of the weights at {@code s} arrives.
     */
    double taken(double s);

    /**
     * {@code p(s)}: as much of a deviation of the weights that lasts only for the moment {@code s} arrives, per unit of
     * time.
     *
     * @param taken at {@code s}
     */
    double density(double s, double taken);

    /** Moments at which the share is not smooth, at least those between two. */
    double[] kinks(double from, double to);

    /** Of a tracked average, in what it holds at {@code end}. */
    static Uptake of(Decay decay, double end) {
        return new Uptake() {
            @Override
            public double taken(double s) {
                return -Math.expm1(decay.logShare(s, end));
            }

            @Override
            public double density(double s, double taken) {
                return decay.intake(s) * (1 - taken);
            }

            @Override
            public double[] kinks(double from, double to) {
                return decay.kinks(from, to);
            }
        };
    }

    /** Of an average that ends at a time of its own; nothing arrives afterwards. */
    static Uptake of(Profile profile) {
        boolean hasDensity = Integrals.isSquareIntegrable(profile);
        return new Uptake() {
            @Override
            public double taken(double s) {
                return 1 - profile.cumulative(s);
            }

            @Override
            public double density(double s, double taken) {
                return hasDensity ? profile.density(s) : 0;
            }

            @Override
            public double[] kinks(double from, double to) {
                return Uptake.kinks(profile, from, to).toArray();
            }
        };
    }

    private static DoubleStream kinks(Profile profile, double from, double to) {
        return switch (profile) {
            case Uniform u -> DoubleStream.of(u.endTime() - u.window(), u.endTime());
            case LearningRateDecay d -> DoubleStream.of(d.endTime() - d.window(), d.endTime());
            case Mixture m -> m.parts().stream().flatMapToDouble(p -> kinks(p.profile(), from, to));
            case Impulse i -> DoubleStream.of(i.endTime());
            case Power p -> DoubleStream.of(p.endTime());
            case Exponential e -> DoubleStream.of(e.endTime());
            case Scheduled d ->
                DoubleStream.concat(
                        DoubleStream.of(d.endTime()),
                        DoubleStream.of(d.atUpdates().kinks(from, to)));
        };
    }
}
