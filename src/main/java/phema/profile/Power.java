package phema.profile;

/** The power-function profile {@code p(t) ~ t^gamma} on {@code (0, T]} (arXiv 2312.02696, Eq. 3). */
public record Power(double gamma, double endTime) implements Profile {
    public static Power ofSigmaRel(double sigmaRel, double endTime) {
        return new Power(SigmaRel.toGamma(sigmaRel), endTime);
    }

    @Override
    public double cumulative(double t) {
        return t <= 0 ? 0 : t >= endTime ? 1 : Math.pow(t / endTime, gamma + 1);
    }

    @Override
    public double meanTime() {
        return endTime * (gamma + 1) / (gamma + 2);
    }
}
