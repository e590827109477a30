package phema.solver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.apache.commons.math3.analysis.integration.gauss.GaussIntegrator;
import org.apache.commons.math3.analysis.integration.gauss.GaussIntegratorFactory;
import org.apache.commons.math3.linear.ArrayRealVector;
import org.apache.commons.math3.linear.LUDecomposition;
import org.apache.commons.math3.linear.MatrixUtils;
import org.apache.commons.math3.linear.RealMatrix;
import org.apache.commons.math3.linear.RealVector;
import phema.RandomCase;
import phema.RandomCases;
import phema.profile.Profile;
import phema.profile.ProfileSpec;
import phema.profile.Scheduled;

/**
 * The filter on averages by trainers' schedules against the same model solved densely: covariances of all pairs of
 * files by quadrature, and the bordered system of ordinary kriging.
 */
class ScheduledAveragesTest {
    private static final GaussIntegrator GAUSS = new GaussIntegratorFactory().legendre(16);
    private static final int PANELS = 20;
    private static final double EVERY = 50;
    private static final double START = 0.1 * EVERY;
    private static final double RATE_CHANGES = 410;

    private static final List<String> SPECS = List.of(
            "ema:0.99,warmup=10",
            "ema:0.9999,warmup=10,every=5",
            "ema:0.8,warmup=none,every=25",
            "ema:0.995,warmup=2/3,after=120",
            "ema:0.99,warmup=3/4,inv_gamma=20,batch=0.5",
            "ema:0.98,warmup=none,after=100",
            "swa:after=120",
            "impulse");

    @RandomCases(20)
    void agreesWithADenseSolve(RandomCase random) {
        String first = random.of(SPECS);
        String second = random.of(SPECS);
        List<Profile> files = new ArrayList<>();
        for (int k = 1; k <= 16; k++)
            for (String spec : first.equals(second) ? List.of(first) : List.of(first, second))
                files.add(ProfileSpec.parse(spec, k * EVERY));
        Profile target = ProfileSpec.parse(
                random.of(List.of("power:0.1", "power:0.2", "ema:0.985,warmup=10", "swa:after=300", "uniform:200")),
                random.of(List.of(800.0, 630.0)));
        var rates = new Rates(new double[] {RATE_CHANGES}, new double[] {4e-3, 1e-3});
        var movement = new Movement(rates, random.of(List.of(0.0, 1e-3)), 1e-8);
        double[] noise = new double[files.size()];
        Arrays.setAll(noise, i -> 1e-5 * (1 + i % 3));

        var space = new StateSpace(files);
        Prediction found = new Predictor(space, movement, noise).best(space.all(), target);

        int n = files.size();
        RealMatrix system = MatrixUtils.createRealMatrix(n + 1, n + 1);
        RealVector toTarget = new ArrayRealVector(n + 1);
        for (int i = 0; i < n; i++) {
            for (int j = 0; j <= i; j++) {
                double covariance = covariance(files.get(i), files.get(j), movement);
                system.setEntry(i, j, covariance);
                system.setEntry(j, i, covariance);
            }
            system.addToEntry(i, i, noise[i]);
            system.setEntry(i, n, 1);
            system.setEntry(n, i, 1);
            toTarget.setEntry(i, covariance(files.get(i), target, movement));
        }
        toTarget.setEntry(n, 1);
        RealVector expected = new LUDecomposition(system).getSolver().solve(toTarget);
        double largest = expected.getSubVector(0, n).getLInfNorm();
        for (int i = 0; i < n; i++)
            assertThat(found.coefficients()[i])
                    .as("%s, %s for %s", first, second, target)
                    .isCloseTo(expected.getEntry(i), within(1e-6 * largest));
        assertThat(Arrays.stream(found.coefficients()).sum()).isCloseTo(1, within(1e-12 * largest));
        double variance = covariance(target, target, movement) - expected.dotProduct(toTarget);
        assertThat(found.variance()).isCloseTo(variance, within(1e-6 * variance));
    }

    private static double covariance(Profile a, Profile b, Movement movement) {
        double end = Math.min(a.endTime(), b.endTime());
        double[] rates = movement.rates().values();
        DoubleUnaryOperator walk = s -> rates[s < RATE_CHANGES ? 0 : 1] * (1 - a.cumulative(s)) * (1 - b.cumulative(s));
        return integral(walk, end, a, b)
                + movement.white() * integral(s -> a.density(s) * b.density(s), end, a, b)
                + movement.drift()
                        * integral(s -> 1 - a.cumulative(s), a.endTime(), a)
                        * integral(s -> 1 - b.cumulative(s), b.endTime(), b);
    }

    /** Where shares jump. */
    private static DoubleStream updates(Scheduled profile) {
        return profile.decay().every() == 1
                ? DoubleStream.empty()
                : DoubleStream.iterate(0, t -> t + profile.decay().every()).takeWhile(t -> t < 16 * EVERY);
    }

    private static double integral(DoubleUnaryOperator f, double end, Profile... profiles) {
        double[] cuts = DoubleStream.concat(
                        DoubleStream.of(START, RATE_CHANGES, 600, 630, end), // where windows begin as well
                        Stream.of(profiles)
                                .flatMapToDouble(p -> p instanceof Scheduled s
                                        ? DoubleStream.concat(
                                                DoubleStream.of(s.decay().kinks()), updates(s))
                                        : DoubleStream.of(430)))
                .filter(t -> START <= t && t <= end)
                .sorted()
                .toArray();
        double sum = 0;
        for (int i = 1; i < cuts.length; i++) {
            double width = (cuts[i] - cuts[i - 1]) / PANELS;
            for (int panel = 0; panel < PANELS; panel++)
                for (int k = 0; k < GAUSS.getNumberOfPoints(); k++)
                    sum += width
                            / 2
                            * GAUSS.getWeight(k)
                            * f.applyAsDouble(cuts[i - 1] + width * (panel + (1 + GAUSS.getPoint(k)) / 2));
        }
        return sum;
    }
}
