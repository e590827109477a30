package phema.profile;

/** A single moment: a raw checkpoint, no averaging at all. */
public record Impulse(double endTime) implements Profile {
    @Override
    public double cumulative(double t) {
        return t >= endTime ? 1 : 0;
    }

    @Override
    public double meanTime() {
        return endTime;
    }
}
