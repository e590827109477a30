package phema.solver;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import phema.profile.Exponential;
import phema.profile.Impulse;
import phema.profile.Power;
import phema.profile.Profile;
import phema.profile.Scheduled;
import phema.profile.ScheduledDecay;
import phema.profile.Uniform;
import phema.profile.Warmup;

/**
 * A random walk with decaying steps whose averages are tracked step by step, with the update rules that training jobs
 * use.
 *
 * @param averages by profile, in double precision
 */
record SimulatedRun(Map<Profile, double[]> averages) {
    private static final int WEIGHTS = 400;

    static SimulatedRun track(List<Profile> profiles, int steps) {
        var random = new Random(1);
        double[] theta = random.doubles(WEIGHTS, -2, 2).toArray();
        Map<Profile, double[]> running = new HashMap<>();
        profiles.forEach(p -> running.put(p, theta.clone()));
        for (int step = 1; step <= steps; step++) {
            for (int k = 0; k < WEIGHTS; k++) theta[k] += 0.02 * random.nextGaussian() / Math.sqrt(1 + step / 256.0);
            double now = step;
            running.forEach((profile, average) -> {
                if (now > profile.endTime()) return;
                double keep = keep(profile, now);
                for (int k = 0; k < WEIGHTS; k++) average[k] = keep * average[k] + (1 - keep) * theta[k];
            });
        }
        return new SimulatedRun(running);
    }

    /** {@code beta} of the step that ends at time {@code t}. */
    private static double keep(Profile profile, double t) {
        return switch (profile) {
            case Power p -> Math.pow(1 - 1 / t, p.gamma() + 1);
            case Exponential e -> Math.exp(-e.rate());
            case Uniform u -> t <= u.endTime() - u.window() ? 0 : 1 - 1 / (t - u.endTime() + u.window());
            case Impulse i -> 0;
            case Scheduled s -> keep(s.decay(), t - s.decay().after());
            default -> throw new IllegalArgumentException("not tracked: " + profile);
        };
    }

    private static double keep(ScheduledDecay decay, double n) {
        if (n <= 0) return 0;
        return switch (decay.warmup()) {
            case Warmup.NoWarmup w -> decay.decay();
            case Warmup.MeanWarmup w -> (n - 1) / n;
            case Warmup.RatioWarmup w -> Math.min(decay.decay(), (1 + n) / (w.c() + n));
            case Warmup.PowerWarmup w -> Math.min(decay.decay(), 1 - Math.pow(1 + n / w.gamma(), -w.power()));
        };
    }

    private double[] average(Profile profile) {
        return Objects.requireNonNull(averages.get(profile));
    }

    /** As fp32 files would hold them. */
    List<StoredAverage> stored(List<Profile> profiles) {
        List<StoredAverage> stored = new ArrayList<>();
        for (Profile p : profiles) {
            double[] sample = average(p).clone();
            double variance = 0;
            for (int k = 0; k < WEIGHTS; k++) {
                sample[k] = (float) sample[k];
                variance += Math.pow(Math.ulp((float) sample[k]), 2) / 12 / WEIGHTS;
            }
            stored.add(new StoredAverage(p, sample, variance));
        }
        return stored;
    }

    double relativeError(Fit fit, List<StoredAverage> stored) {
        double[] truth = average(fit.target());
        double[] difference = truth.clone();
        for (int i = 0; i < stored.size(); i++)
            for (int k = 0; k < WEIGHTS; k++)
                difference[k] -= fit.coefficients().get(i) * stored.get(i).sample()[k];
        return FixtureRun.norm(difference) / FixtureRun.norm(truth);
    }
}
