package phema.search;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * Says what observations tell about a metric, as a function of the point: Gaussian processes with many choices of
 * parameters, each weighted by how well it explains the values. So the uncertainty includes that of the parameters,
 * which few observations leave open.
 *
 * @param components of weights that sum to one
 */
record Surrogate(Scale scale, Candidates candidates, List<Component> components) {
    private static final double[] LENGTHS = {0.3, 0.5, 0.9, 1.5, 2.5};
    private static final double[] AMPLITUDES = {0.1, 0.3, 0.9};
    private static final double[] NOISES = {0.0025, 0.005, 0.01, 0.02, 0.04, 0.08};

    private static final LogNormal LENGTH = new LogNormal(1, 0.7);
    private static final LogNormal AMPLITUDE = new LogNormal(0.3, 1);
    private static final LogNormal NOISE = new LogNormal(0.01, 0.7);

    /** The least error that is believed, whatever evaluators tell. */
    private static final double LEAST_ERROR = 1e-3;

    /** The error from which on a value tells nothing: that of one near zero may be beyond all numbers. */
    private static final double GREATEST_ERROR = 1e6;

    /** The bound below which parameters are left out: their weight relative to the best, or their rank. */
    private static final double NEGLIGIBLE = 0.02;

    private static final int MOST_COMPONENTS = 10;

    /** The standard deviations by which a value is far from what the others let expect. */
    private static final double STRAY = 6;

    /** The same in the model's scale: less does not matter. */
    private static final double STRAY_SHARE = 0.25;

    /** The greatest number of values of which each is left out in turn, as that grows with its cube. */
    private static final int MOST_LEFT_OUT = 128;

    record Component(double weight, GaussianProcess process) {}

    /** Describes the noiseless metric at a point, in the model's scale. */
    record PredictedValue(double mean, double deviation) {}

    /** What parameters are likely to be before anything is observed; spread of the logarithm. */
    private record LogNormal(double median, double spread) {
        double log(double value) {
            double z = Math.log(value / median) / spread;
            return -z * z / 2;
        }
    }

    private record Explanation(GaussianProcess process, double log) {}

    /** @param observations at least one */
    static Surrogate of(Candidates candidates, List<Observation> observations) {
        Scale scale = Scale.of(observations);
        List<Explanation> explanations = explanations(candidates, data(scale, candidates, observations));
        explanations.sort(Comparator.comparingDouble(Explanation::log).reversed());
        double best = explanations.getFirst().log();
        List<Component> components = explanations.stream()
                .limit(MOST_COMPONENTS)
                .map(e -> new Component(Math.exp(e.log() - best), e.process()))
                .filter(c -> c.weight() >= NEGLIGIBLE)
                .toList();
        double sum = components.stream().mapToDouble(Component::weight).sum();
        return new Surrogate(
                scale,
                candidates,
                components.stream()
                        .map(c -> new Component(c.weight() / sum, c.process()))
                        .toList());
    }

    private static List<Explanation> explanations(Candidates candidates, List<GaussianProcess.Datum> data) {
        List<Explanation> explanations = new ArrayList<>();
        for (GaussianProcess.Parameters parameters : parameters(candidates.varyGuidance())) {
            var process = new GaussianProcess(parameters, data);
            explanations.add(new Explanation(process, process.logEvidence() + logPrior(parameters)));
        }
        return explanations;
    }

    /**
     * Whether a value is far from what all others let expect of it, and farther than they are apart. What parameters
     * are likely is for the others to say as well: a wrong value says that curves may bend as they like.
     */
    static boolean hasStray(Candidates candidates, List<Observation> observations) {
        List<GaussianProcess.Datum> data = data(Scale.of(observations), candidates, observations);
        if (data.size() > MOST_LEFT_OUT) return false;
        List<Explanation> explanations = explanations(candidates, data);
        List<List<GaussianProcess.LeftOut>> leftOut = explanations.stream()
                .map(explanation -> explanation.process().leavingOneOut())
                .toList();
        return IntStream.range(0, data.size()).anyMatch(i -> {
            double[] logs = IntStream.range(0, explanations.size())
                    .mapToDouble(c ->
                            explanations.get(c).log() - leftOut.get(c).get(i).logDensity())
                    .toArray();
            double best = DoubleStream.of(logs).max().orElseThrow();
            double sum = 0;
            double mean = 0;
            double square = 0;
            for (int c = 0; c < logs.length; c++) {
                GaussianProcess.LeftOut said = leftOut.get(c).get(i);
                double weight = Math.exp(logs[c] - best);
                sum += weight;
                mean += weight * said.mean();
                square += weight * (said.mean() * said.mean() + said.variance());
            }
            mean /= sum;
            double off = Math.abs(data.get(i).mean() - mean);
            return off > STRAY * Math.sqrt(square / sum - mean * mean) && off > Math.max(range(data, i), STRAY_SHARE);
        });
    }

    /** How far apart all values but one are. */
    private static double range(List<GaussianProcess.Datum> data, int without) {
        DoubleSummaryStatistics others = IntStream.range(0, data.size())
                .filter(i -> i != without)
                .mapToDouble(i -> data.get(i).mean())
                .summaryStatistics();
        return others.getMax() - others.getMin();
    }

    PredictedValue at(SearchPoint point) {
        double[] x = candidates.coordinates(point);
        double mean = 0;
        double square = 0;
        for (Component c : components) {
            GaussianProcess.Normal normal = c.process().at(x);
            mean += c.weight() * normal.mean();
            square += c.weight() * (normal.mean() * normal.mean() + normal.variance());
        }
        return new PredictedValue(mean, Math.sqrt(Math.max(square - mean * mean, 0)));
    }

    private static List<GaussianProcess.Parameters> parameters(boolean guidance) {
        List<GaussianProcess.Parameters> parameters = new ArrayList<>();
        for (double amplitude : AMPLITUDES)
            for (double noise : NOISES)
                for (double length : LENGTHS)
                    if (guidance)
                        for (double other : LENGTHS)
                            parameters.add(
                                    new GaussianProcess.Parameters(new double[] {length, other}, amplitude, noise));
                    else parameters.add(new GaussianProcess.Parameters(new double[] {length}, amplitude, noise));
        return parameters;
    }

    private static double logPrior(GaussianProcess.Parameters parameters) {
        return DoubleStream.of(parameters.lengths()).map(LENGTH::log).sum()
                + AMPLITUDE.log(parameters.amplitude())
                + NOISE.log(parameters.noise());
    }

    /** Repeats without errors of their own put together. */
    private static List<GaussianProcess.Datum> data(
            Scale scale, Candidates candidates, List<Observation> observations) {
        List<Observation> repeated = new ArrayList<>();
        List<GaussianProcess.Datum> data = new ArrayList<>();
        for (Observation o : observations) {
            if (o.standardError().isEmpty()) repeated.add(o);
            else {
                double error = scale.errorToModel(o.value(), o.standardError().getAsDouble());
                data.add(new GaussianProcess.Datum(
                        candidates.coordinates(o.point()),
                        scale.toModel(o.value()),
                        1,
                        0,
                        Math.clamp(error, LEAST_ERROR, GREATEST_ERROR)));
            }
        }
        Repeats.by(repeated, Observation::point, o -> scale.toModel(o.value()))
                .forEach((point, y) -> data.add(new GaussianProcess.Datum(
                        candidates.coordinates(point), y.mean(), y.count(), y.squares(), Double.NaN)));
        return data;
    }
}
