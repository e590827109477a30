package phema.solver;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import phema.profile.Decay;
import phema.profile.Exponential;
import phema.profile.Impulse;
import phema.profile.LearningRateDecay;
import phema.profile.Mixture;
import phema.profile.Power;
import phema.profile.Profile;
import phema.profile.ProfileSpec;
import phema.profile.Scheduled;
import phema.profile.SigmaRel;
import phema.profile.Uniform;
import phema.text.Labels;

/** States a run's files otherwise, by a factor: one width of averages, or one step of its clock. */
sealed interface Restatement {
    /** The same weights under other profiles. */
    default List<StoredAverage> of(List<StoredAverage> stored, double factor) {
        return stored.stream()
                .map(s -> new StoredAverage(of(s.profile(), factor), s.sample(), s.roundingVariance()))
                .toList();
    }

    Profile of(Profile profile, double factor);

    Doubt doubt(List<StoredAverage> stored, double factor, double nats);

    /** All averages with one decay are wider. */
    record Wider(Decay decay) implements Restatement {
        /** The greatest sigma_rel that is tried; 1 / sqrt(12) is none any more. */
        private static final double WIDEST = 0.28;

        @Override
        public Profile of(Profile profile, double factor) {
            return Decay.of(profile).equals(Optional.of(decay))
                    ? wider(profile, factor, MathContext.UNLIMITED)
                    : profile;
        }

        @Override
        public Doubt doubt(List<StoredAverage> stored, double factor, double nats) {
            Profile stated = stored.stream()
                    .map(StoredAverage::profile)
                    .filter(p -> Decay.of(p).equals(Optional.of(decay)))
                    .max(Comparator.comparingDouble(Profile::endTime))
                    .orElseThrow();
            return new Doubt(
                    "the profile " + ProfileSpec.print(stated),
                    ProfileSpec.print(wider(stated, factor, new MathContext(3))),
                    nats);
        }

        private static Profile wider(Profile profile, double factor, MathContext digits) {
            return switch (profile) {
                case Power p -> {
                    double sigmaRel = Math.min(SigmaRel.ofGamma(p.gamma()) * factor, WIDEST);
                    yield Power.ofSigmaRel(round(sigmaRel, digits), p.endTime());
                }
                case Exponential e ->
                    Exponential.ofHalfLife(round(Math.log(2) / e.rate() * factor, digits), e.endTime());
                case Uniform u -> u;
                case LearningRateDecay d -> d;
                case Impulse i -> i;
                case Mixture m -> m;
                case Scheduled s -> s; // its numbers are written down in code, not measured
            };
        }
    }

    /** The clock's step between two neighbouring times is longer, and all later times are later. */
    record LongerStep(double from, double to) implements Restatement {
        @Override
        public Profile of(Profile profile, double factor) {
            double later = (to - from) * (factor - 1);
            return profile.endTime() < to ? profile : endingAt(profile, profile.endTime() + later);
        }

        @Override
        public Doubt doubt(List<StoredAverage> stored, double factor, double nats) {
            return new Doubt(
                    "the clock between " + Labels.plain(from) + " and " + Labels.plain(to),
                    "a step of about " + Labels.plain(round((to - from) * factor, new MathContext(2))) + " instead of "
                            + Labels.plain(to - from),
                    nats);
        }
    }

    /** The same average at another time; a mixture, whose parts end at times of their own, stays where it is. */
    static Profile endingAt(Profile profile, double time) {
        return switch (profile) {
            case Power p -> new Power(p.gamma(), time);
            case Exponential e -> new Exponential(e.rate(), time);
            case Uniform u -> new Uniform(u.window(), time);
            case LearningRateDecay d -> new LearningRateDecay(d.course(), d.window(), time);
            case Impulse i -> new Impulse(time);
            case Mixture m -> m;
            case Scheduled s -> new Scheduled(s.decay(), time);
        };
    }

    private static double round(double value, MathContext digits) {
        return new BigDecimal(value).round(digits).doubleValue();
    }
}
