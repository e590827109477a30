package phema.profile;

/**
 * Describes the average that stands for training with a learning rate that decays over the last {@code window} units of
 * time: to first order, a step that the decay would have scaled down to the share {@code d} counts as if only that
 * share of it had been made, so {@code P(x) = 1 - d(x)}, with {@code x} from 0 to 1 over the window (warmup-stable and
 * merge, arXiv 2507.17634). The decay along a line gives {@link Uniform}.
 */
public record LearningRateDecay(DecayCourse course, double window, double endTime) implements Profile {
    /** The course of a learning rate from full to nothing. */
    public enum DecayCourse {
        /** {@code d = (1 + cos(pi x)) / 2}. */
        COSINE("cosine"),
        /** {@code d = 1 - sqrt(x)}, Megatron's minus-sqrt: most of the average is of the window's beginning. */
        MINUS_SQRT("1-sqrt");

        private final String word;

        DecayCourse(String word) {
            this.word = word;
        }

        /** The word for it, in specs. */
        public String word() {
            return word;
        }
    }

    /** @throws IllegalArgumentException unless {@code 0 < window <= endTime} */
    public LearningRateDecay {
        Require.window(window, endTime);
    }

    double startTime() {
        return endTime - window;
    }

    @Override
    public double cumulative(double t) {
        if (t <= startTime()) return 0;
        if (t >= endTime) return 1;
        double x = (t - startTime()) / window;
        return switch (course) {
            case COSINE -> square(Math.sin(Math.PI / 2 * x));
            case MINUS_SQRT -> Math.sqrt(x);
        };
    }

    @Override
    public double density(double t) {
        if (t <= startTime() || t > endTime) return 0;
        double x = (t - startTime()) / window;
        return switch (course) {
            case COSINE -> Math.PI / 2 * Math.sin(Math.PI * x) / window;
            case MINUS_SQRT -> 1 / (2 * Math.sqrt(x) * window);
        };
    }

    @Override
    public double meanTime() {
        return switch (course) {
            case COSINE -> endTime - window / 2;
            case MINUS_SQRT -> startTime() + window / 3;
        };
    }

    private static double square(double x) {
        return x * x;
    }
}
