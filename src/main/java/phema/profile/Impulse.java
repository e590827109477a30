package phema.profile;

/** Describes a single moment: a raw checkpoint, no averaging at all. */
public record Impulse(double endTime) implements Profile {
    public Impulse {
        Require.positive("the end time", endTime);
    }

    @Override
    public double cumulative(double t) {
        return t >= endTime ? 1 : 0;
    }

    @Override
    public double density(double t) {
        return 0;
    }

    @Override
    public double meanTime() {
        return endTime;
    }
}
