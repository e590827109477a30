package phema.search;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.commons.math3.analysis.integration.gauss.GaussIntegrator;
import org.apache.commons.math3.analysis.integration.gauss.GaussIntegratorFactory;
import org.apache.commons.math3.random.Well19937c;
import org.apache.commons.math3.stat.descriptive.rank.Percentile;

/**
 * Estimates where the best point may be: the joint distribution of the metric at those candidates that can still be the
 * best.
 *
 * @param contenders in the candidates' order
 * @param best index of the contender with the least mean
 * @param posteriors of the contenders, by component of the model
 */
record Belief(Surrogate model, List<SearchPoint> contenders, int best, List<GaussianProcess.Posterior> posteriors) {
    /**
     * The standard deviations by which a candidate must be worse, at its best, than another at its worst to be ruled
     * out.
     */
    private static final double RULED_OUT = 3;

    private static final int MOST_CONTENDERS = 48;

    private static final int DRAWS = 512;
    private static final int SEED = 1;

    /**
     * The least distance of points: nearer ones than this, in the logarithm of the length, are taken for the same:
     * evaluations with the same seeds share much of their noise.
     */
    private static final double APART = 0.04;

    /** The standard deviations to either side of the mean of a normal distribution. */
    private static final double NINETY_PERCENT = 1.645;

    private static final GaussIntegrator HERMITE = new GaussIntegratorFactory().hermite(7);

    /** @param observations at least one */
    static Belief of(Candidates candidates, List<Observation> observations) {
        Surrogate model = Surrogate.of(candidates, observations);
        List<SearchPoint> points = candidates.points();
        List<Surrogate.PredictedValue> moments = points.stream().map(model::at).toList();
        double ceiling = moments.stream()
                .mapToDouble(m -> m.mean() + m.deviation())
                .min()
                .orElseThrow();
        int least = IntStream.range(0, points.size())
                .boxed()
                .min(Comparator.comparingDouble(i -> moments.get(i).mean()))
                .orElseThrow();
        int[] possible = IntStream.range(0, points.size())
                .filter(i -> moments.get(i).mean() - RULED_OUT * moments.get(i).deviation() <= ceiling)
                .toArray();
        int count = Math.min(possible.length, MOST_CONTENDERS);
        List<SearchPoint> contenders = IntStream.concat(
                        IntStream.of(least),
                        IntStream.range(0, count).map(i -> possible[(2 * i + 1) * possible.length / (2 * count)]))
                .sorted()
                .distinct()
                .mapToObj(points::get)
                .toList();
        double[][] x = contenders.stream().map(candidates::coordinates).toArray(double[][]::new);
        return new Belief(
                model,
                contenders,
                contenders.indexOf(points.get(least)),
                model.components().stream().map(c -> c.process().posterior(x)).toList());
    }

    /** The contender that is the best as far as is known. */
    SearchPoint point() {
        return contenders.get(best);
    }

    Estimate estimate() {
        List<Double> losses = new ArrayList<>();
        List<Double> lengths = new ArrayList<>();
        List<Double> guidances = new ArrayList<>();
        for (double[] values : draws()) {
            int least = least(values);
            losses.add(values[best] - values[least]);
            lengths.add(contenders.get(least).length());
            guidances.add(contenders.get(least).guidance());
        }
        SearchPoint point = point();
        return new Estimate(
                point,
                value(point),
                values(point),
                central(lengths, point.length()),
                central(guidances, point.guidance()),
                model.scale().share(quantile(losses, 0.95)));
    }

    /** What the evaluation of a point will most likely give, which is no more than one may give. */
    Observation expected(SearchPoint point) {
        return new Observation(point, Math.clamp(value(point), -Observation.GREATEST, Observation.GREATEST));
    }

    /** The same as a number, which may be too large for one. */
    double value(SearchPoint point) {
        return model.scale().toMetric(model.at(point).mean());
    }

    /** Holds the metric at a point, noise taken away, with a probability of 90 %. */
    Interval values(SearchPoint point) {
        Surrogate.PredictedValue moments = model.at(point);
        double reach = NINETY_PERCENT * moments.deviation();
        return new Interval(
                model.scale().toMetric(moments.mean() - reach), model.scale().toMetric(moments.mean() + reach));
    }

    /**
     * The contender whose evaluation promises the most: by the knowledge gradient (Frazier, Powell and Dayanik 2009),
     * how much lower the least mean is expected to be after it.
     *
     * @param taken not to be asked for again
     */
    SearchPoint mostPromising(List<SearchPoint> taken) {
        List<SearchPoint> free =
                contenders.stream().filter(c -> isApart(c, taken)).toList();
        if (free.isEmpty()) return model.candidates().farthest(taken);
        double[] gains = free.stream()
                .mapToDouble(point -> gain(contenders.indexOf(point)))
                .toArray();
        return free.get(least(Arrays.stream(gains).map(gain -> -gain).toArray()));
    }

    private double gain(int index) {
        double gain = 0;
        for (int c = 0; c < posteriors.size(); c++) {
            Surrogate.Component component = model.components().get(c);
            double[] mean = posteriors.get(c).mean();
            double[] covariance = posteriors.get(c).covariance()[index];
            double noise = component.process().parameters().noise();
            double deviation = Math.sqrt(Math.max(covariance[index], 0) + noise * noise);
            double expected = HERMITE.integrate(t -> {
                double z = Math.sqrt(2) * t / deviation;
                double least = Double.POSITIVE_INFINITY;
                for (int i = 0; i < mean.length; i++) least = Math.min(least, mean[i] + covariance[i] * z);
                return least;
            });
            gain += component.weight() * (mean[least(mean)] - expected / Math.sqrt(Math.PI));
        }
        return gain;
    }

    private boolean isApart(SearchPoint point, List<SearchPoint> taken) {
        return taken.stream().allMatch(t -> model.candidates().distance(point, t) >= APART);
    }

    /** Curves that the model holds possible, at the contenders: always the same ones. */
    private List<double[]> draws() {
        var random = new Well19937c(SEED);
        List<double[]> draws = new ArrayList<>();
        double passed = 0;
        for (int c = 0; c < posteriors.size(); c++) {
            passed += model.components().get(c).weight();
            double[] mean = posteriors.get(c).mean();
            double[][] factor = GaussianProcess.factor(posteriors.get(c).covariance());
            while (draws.size() + 0.5 < passed * DRAWS) {
                double[] values = mean.clone();
                for (int j = 0; j < values.length; j++) {
                    double z = random.nextGaussian();
                    for (int i = j; i < values.length; i++) values[i] += factor[i][j] * z;
                }
                draws.add(values);
            }
        }
        return draws;
    }

    private static int least(double[] values) {
        int least = 0;
        for (int i = 1; i < values.length; i++) if (values[i] < values[least]) least = i;
        return least;
    }

    /** Returns the interval that leaves out 5 % on either side, widened to hold the estimate. */
    private static Interval central(List<Double> draws, double estimate) {
        return new Interval(Math.min(quantile(draws, 0.05), estimate), Math.max(quantile(draws, 0.95), estimate));
    }

    private static double quantile(List<Double> draws, double share) {
        return new Percentile(100 * share)
                .withEstimationType(Percentile.EstimationType.R_1)
                .evaluate(draws.stream().mapToDouble(d -> d).toArray());
    }
}
