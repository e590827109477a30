package phema.profile;

import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/** Describes a weighted mean of profiles, which may end at different times. Mixtures within mixtures are expanded. */
public record Mixture(List<MixturePart> parts) implements Profile {
    /** @param weight above 0; the weights of a mixture sum to one */
    public record MixturePart(double weight, Profile profile) {
        public MixturePart {
            Require.positive("the weight of a part", weight);
        }
    }

    /** The most parts that may be asked for: norms take as many inner products as their second power. */
    private static final int MOST = 1000;

    /** @throws IllegalArgumentException when the weights do not sum to one within 1e-9 */
    public Mixture {
        parts = parts.stream().flatMap(Mixture::flattened).toList();
        double sum = parts.stream().mapToDouble(MixturePart::weight).sum();
        if (!(Math.abs(sum - 1) < 1e-9))
            throw new IllegalArgumentException("the weights of a mixture must sum to 1, not " + sum);
    }

    /** The same of what somebody asks for. @throws IllegalArgumentException when there are too many parts as well */
    public static Mixture wanted(List<MixturePart> parts) {
        Mixture mixture = new Mixture(parts);
        if (mixture.parts.size() > MOST)
            throw new IllegalArgumentException("a mixture has " + MOST + " parts at most, not " + mixture.parts.size());
        return mixture;
    }

    private static Stream<MixturePart> flattened(MixturePart part) {
        return part.profile() instanceof Mixture inner
                ? inner.parts.stream().map(p -> new MixturePart(part.weight() * p.weight(), p.profile()))
                : Stream.of(part);
    }

    @Override
    public double endTime() {
        return parts.stream().mapToDouble(p -> p.profile().endTime()).max().orElseThrow();
    }

    @Override
    public double cumulative(double t) {
        return mean(p -> p.cumulative(t));
    }

    @Override
    public double density(double t) {
        return mean(p -> p.density(t));
    }

    @Override
    public double meanTime() {
        return mean(Profile::meanTime);
    }

    private double mean(ToDoubleFunction<Profile> of) {
        return parts.stream()
                .mapToDouble(p -> p.weight() * of.applyAsDouble(p.profile()))
                .sum();
    }
}
