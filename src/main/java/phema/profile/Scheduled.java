package phema.profile;

/**
 * Describes an average whose decay follows a trainer's schedule. What the weights were when averaging began is a part
 * of it that sits at that moment.
 */
public record Scheduled(ScheduledDecay decay, double endTime) implements Profile {
    public Scheduled {
        Require.positive("the end time", endTime);
    }

    /** With shares that change at updates only, where what lies between these counts. */
    public Decay atUpdates() {
        return decay.stepped() ? new SteppedDecay(decay, decay.begin(), decay.every() * decay.batch()) : decay;
    }

    /** The same average of updates between which nothing counts. */
    public Scheduled stepped() {
        return new Scheduled(
                new ScheduledDecay(decay.warmup(), decay.decay(), decay.after(), decay.every(), decay.batch(), true),
                endTime);
    }

    @Override
    public double cumulative(double t) {
        return t >= endTime ? 1 : Math.exp(atUpdates().logShare(t, endTime));
    }

    @Override
    public double density(double t) {
        return t <= decay.begin() || t > endTime ? 0 : atUpdates().intake(t) * cumulative(t);
    }

    @Override
    public double meanTime() {
        return endTime - Integrals.settled(this);
    }
}
