package phema.profile;

/** Describes the power-function profile {@code p(t) ~ t^gamma} on {@code (0, T]} (arXiv 2312.02696, Eq. 3). */
public record Power(double gamma, double endTime) implements Profile {
    /** @throws IllegalArgumentException unless {@code gamma > -1} and {@code endTime > 0} */
    public Power {
        if (!(gamma > -1 && gamma < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("gamma must be a number above -1, not " + gamma);
        Require.positive("the end time", endTime);
    }

    /** @throws IllegalArgumentException outside (0, {@link SigmaRel#LIMIT}) */
    public static Power ofSigmaRel(double sigmaRel, double endTime) {
        return new Power(SigmaRel.toGamma(sigmaRel), endTime);
    }

    @Override
    public double cumulative(double t) {
        return t <= 0 ? 0 : t >= endTime ? 1 : Math.pow(t / endTime, gamma + 1);
    }

    @Override
    public double density(double t) {
        return t <= 0 || t > endTime ? 0 : (gamma + 1) / endTime * Math.pow(t / endTime, gamma);
    }

    @Override
    public double meanTime() {
        return endTime * (gamma + 1) / (gamma + 2);
    }
}
