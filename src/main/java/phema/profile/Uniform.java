package phema.profile;

/**
 * Describes the plain mean of the last {@code window} units of time: stochastic or latest weight averaging (arXiv
 * 1803.05407, 2209.14981).
 */
public record Uniform(double window, double endTime) implements Profile {
    /** @throws IllegalArgumentException unless {@code 0 < window <= endTime} */
    public Uniform {
        Require.window(window, endTime);
    }

    double startTime() {
        return endTime - window;
    }

    @Override
    public double cumulative(double t) {
        return t <= startTime() ? 0 : t >= endTime ? 1 : (t - startTime()) / window;
    }

    @Override
    public double density(double t) {
        return t <= startTime() || t > endTime ? 0 : 1 / window;
    }

    @Override
    public double meanTime() {
        return endTime - window / 2;
    }
}
