package phema.solver;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import phema.profile.ChangedDecay;
import phema.profile.Decay;
import phema.profile.Exponential;
import phema.profile.ExponentialDecay;
import phema.profile.Impulse;
import phema.profile.LearningRateDecay;
import phema.profile.Mixture;
import phema.profile.Power;
import phema.profile.PowerDecay;
import phema.profile.Profile;
import phema.profile.ProfileSpec;
import phema.profile.Scheduled;
import phema.profile.ScheduledDecay;
import phema.profile.SigmaRel;
import phema.profile.SlowerDecay;
import phema.profile.SteppedDecay;
import phema.profile.Uniform;
import phema.profile.Warmup;
import phema.text.Labels;

/** States a run's files otherwise, by a factor: how slowly averages forget, or one step of its clock. */
sealed interface Restatement {
    /** The least change that is told. */
    double LEAST_CHANGE = 1.02;

    Statement of(Statement stated, double factor);

    /** Of the averages that are not what is stated; empty where something else is not. */
    default Optional<Decay> ofAverages() {
        return Optional.empty();
    }

    default boolean isChange(double factor) {
        return Math.abs(Math.log(factor)) >= Math.log(LEAST_CHANGE);
    }

    Doubt doubt(Statement stated, double factor, double nats);

    /** All averages with one decay forget so many times as slowly. */
    record Slower(Decay decay) implements Restatement {
        /** The greatest sigma_rel that is told; 1 / sqrt(12) is none any more. */
        private static final double WIDEST = 0.28;

        /** How fast the averages forget, per unit of time. */
        double rate(double time) {
            return decay.intake(time);
        }

        SlowerPart from(double time) {
            return new SlowerPart(this, time, true);
        }

        SlowerPart until(double time) {
            return new SlowerPart(this, time, false);
        }

        @Override
        public Optional<Decay> ofAverages() {
            return Optional.of(decay);
        }

        @Override
        public Statement of(Statement stated, double factor) {
            return with(stated, decay, slower(factor));
        }

        private Decay slower(double factor) {
            return switch (decay) {
                case PowerDecay p -> new PowerDecay(p.exponent() / factor);
                case ExponentialDecay e -> new ExponentialDecay(e.rate() / factor);
                case ScheduledDecay s -> new SlowerDecay(s, factor);
                case ChangedDecay c -> new SlowerDecay(c, factor);
                case SteppedDecay s -> new SlowerDecay(s, factor);
                case SlowerDecay s -> new SlowerDecay(s.decay(), s.factor() * factor);
            };
        }

        @Override
        public Doubt doubt(Statement stated, double factor, double nats) {
            Profile profile = newest(stated);
            return new Doubt("the profile " + ProfileSpec.print(profile), supported(profile, factor), nats);
        }

        /** The last of the averages. */
        private Profile newest(Statement stated) {
            return stated.profiles().stream()
                    .filter(p -> Decay.of(p).equals(Optional.of(decay)))
                    .max(Comparator.comparingDouble(Profile::endTime))
                    .orElseThrow();
        }

        private static String supported(Profile profile, double factor) {
            return switch (profile) {
                case Power p -> {
                    double gamma = (p.gamma() + 1) / factor - 1;
                    double sigmaRel = gamma > 0 ? SigmaRel.ofGamma(gamma) : SigmaRel.LIMIT;
                    yield sigmaRel <= WIDEST
                            ? ProfileSpec.print(Power.ofSigmaRel(round(sigmaRel), p.endTime()))
                            : inWords(factor);
                }
                case Exponential e -> {
                    double left = round(-Math.expm1(-e.rate() / factor));
                    yield ProfileSpec.print(
                            left < 1 && ProfileSpec.print(e).contains("decay=")
                                    ? Exponential.ofDecay(1 - left, e.endTime())
                                    : Exponential.ofHalfLife(round(e.halfLife() * factor), e.endTime()));
                }
                case Scheduled s -> inWords(factor);
                case Uniform u -> inWords(factor);
                case LearningRateDecay d -> inWords(factor);
                case Impulse i -> inWords(factor);
                case Mixture m -> inWords(factor);
            };
        }

        private static String inWords(double factor) {
            return "one that forgets "
                    + Labels.plain(Restatement.round(Math.max(factor, 1 / factor), new MathContext(2))) + " times as "
                    + (factor > 1 ? "slowly" : "fast");
        }

        private static double round(double value) {
            return Restatement.round(value, new MathContext(3));
        }

        private static Statement with(Statement stated, Decay decay, Decay other) {
            Map<Decay, Decay> decays = new HashMap<>(stated.decays());
            decays.put(decay, other);
            return new Statement(stated.profiles(), decays);
        }
    }

    /**
     * The same of a part of the run only: averages go on as they are, and forget otherwise.
     *
     * @param all of the whole run
     * @param time at which the part begins or ends
     * @param later whether it begins there
     */
    record SlowerPart(Slower all, double time, boolean later) implements Restatement {
        SlowerPart at(double other) {
            return new SlowerPart(all, other, later);
        }

        @Override
        public Optional<Decay> ofAverages() {
            return Optional.of(all.decay());
        }

        @Override
        public Statement of(Statement stated, double factor) {
            Decay decay = all.decay();
            Decay slower = all.slower(factor);
            return Slower.with(
                    stated,
                    decay,
                    later ? new ChangedDecay(decay, slower, time) : new ChangedDecay(slower, decay, time));
        }

        @Override
        public Doubt doubt(Statement stated, double factor, double nats) {
            Doubt doubt = all.doubt(stated, factor, nats);
            String part = later ? " from time " + Labels.plain(time) + " on" : " until time " + Labels.plain(time);
            return new Doubt(doubt.stated() + part, doubt.supported(), nats);
        }
    }

    /**
     * All averages with one decay are updated at times that are some way apart, as after each epoch, and see nothing of
     * what is between them. There is no factor to it.
     *
     * @param period from one update to the next
     */
    record AtUpdates(Slower all, double begin, double period) implements Restatement {
        /** Of those that are told apart where their period is a unit of the clock. */
        static Optional<AtUpdates> of(Slower all) {
            return switch (all.decay()) {
                case PowerDecay p ->
                    p.exponent() == 1 // others nobody updates so rarely
                            ? Optional.of(new AtUpdates(all, 0, 1))
                            : Optional.empty();
                case ExponentialDecay e -> Optional.of(new AtUpdates(all, 0, 1));
                case ScheduledDecay s -> Optional.of(new AtUpdates(all, s.begin(), s.batch()));
                case ChangedDecay c -> Optional.empty();
                case SteppedDecay s -> Optional.empty();
                case SlowerDecay s -> Optional.empty();
            };
        }

        @Override
        public Optional<Decay> ofAverages() {
            return Optional.of(all.decay());
        }

        @Override
        public boolean isChange(double factor) {
            return true;
        }

        @Override
        public Statement of(Statement stated, double factor) {
            return Slower.with(stated, all.decay(), new SteppedDecay(all.decay(), begin, period));
        }

        @Override
        public Doubt doubt(Statement stated, double factor, double nats) {
            Profile profile = all.newest(stated);
            return new Doubt("the profile " + ProfileSpec.print(profile), supported(profile), nats);
        }

        private String supported(Profile profile) {
            return profile instanceof Scheduled s
                    ? ProfileSpec.print(s.stepped())
                    : all.decay() instanceof ExponentialDecay e
                            ? "ema:" + Labels.plain(round(Math.exp(-e.rate()), new MathContext(6)))
                                    + ",warmup=none,every=1"
                            : "swa:every=1";
        }
    }

    /**
     * Raw weights are averages from some time on, as where a job goes on with an average and saves that instead.
     *
     * @param time of the last file that is raw
     * @param copied whether the average began there as a copy; otherwise it is older than the run's files
     * @param unit what the mean age of weights in them is a multiple of: the factor less one
     */
    record Averaged(double time, boolean copied, double unit) implements Restatement {
        Averaged at(double other) {
            return new Averaged(other, copied, unit);
        }

        @Override
        public Statement of(Statement stated, double factor) {
            return new Statement(
                    stated.profiles().stream()
                            .map(p -> p instanceof Impulse && p.endTime() > time && factor > 1
                                    ? average(p.endTime(), age(factor))
                                    : p)
                            .toList(),
                    stated.decays());
        }

        @Override
        public Doubt doubt(Statement stated, double factor, double nats) {
            return new Doubt(
                    "that files after time " + Labels.plain(time) + " hold raw weights",
                    "an average whose weights are about " + Labels.plain(round(age(factor), new MathContext(2)))
                            + " old in the mean",
                    nats);
        }

        private double age(double factor) {
            return (factor - 1) * unit;
        }

        private Profile average(double end, double age) {
            return copied
                    ? new Scheduled(
                            new ScheduledDecay(new Warmup.NoWarmup(), Math.exp(-unit / age), time / unit, 1, unit), end)
                    : new Exponential(1 / age, end);
        }
    }

    /** The clock's step between two neighbouring times is longer, and all later times are later. */
    record LongerStep(double from, double to) implements Restatement {
        @Override
        public Statement of(Statement stated, double factor) {
            double later = (to - from) * (factor - 1);
            return new Statement(
                    stated.profiles().stream()
                            .map(p -> p.endTime() < to ? p : endingAt(p, p.endTime() + later))
                            .toList(),
                    stated.decays());
        }

        @Override
        public Doubt doubt(Statement stated, double factor, double nats) {
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
