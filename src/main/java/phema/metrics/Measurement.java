package phema.metrics;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import phema.problem.Problem;

/**
 * Gathers statistics of the features of images that come one batch after the other and are not kept. For use by one
 * thread.
 */
public final class Measurement {
    private final List<Part> parts;

    private record Part(FeatureNetwork network, Moments moments) {}

    /** @param networks at most one per metric; they stay the caller's to close */
    public Measurement(List<FeatureNetwork> networks) {
        parts = networks.stream()
                .map(network -> new Part(network, new Moments(network.metric())))
                .toList();
        if (networks.stream().map(FeatureNetwork::metric).distinct().count() < networks.size())
            throw Problem.invalid("features", "two feature networks are of the same metric");
    }

    public void add(Images images) {
        for (Part part : parts) part.moments().add(part.network().features(images));
    }

    /**
     * @throws Problem when there were not more images than a network has features: their covariance would not have full
     *     rank
     */
    public Map<Metric, Statistics> statistics() {
        Map<Metric, Statistics> statistics = new EnumMap<>(Metric.class);
        for (Part part : parts)
            statistics.put(part.network().metric(), part.moments().statistics());
        return statistics;
    }

    /**
     * The Frechet distances of the images from the references.
     *
     * @throws Problem when there were too few images, or a reference is missing or belongs to another network
     */
    public Map<Metric, Double> distances(References references) {
        Map<Metric, Double> distances = new EnumMap<>(Metric.class);
        statistics().forEach((metric, s) -> distances.put(metric, Frechet.distance(s, references.of(metric))));
        return distances;
    }
}
