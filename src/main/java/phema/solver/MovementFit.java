package phema.solver;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Finds the movement that explains best what is stored. The logarithm of the rate is linear between the middles of up
 * to {@value #STRETCHES} stretches of equal length and goes on beyond the outermost; its bends are held small by
 * {@code 0.3 * sum of squared second differences}. Rates, white deviations and drift minimise {@link Likelihood}, from
 * two starts: one that knows nothing, one at the rates that distances between neighbouring files show. (Rates that are
 * constant on each stretch give the same errors, but their predictions are up to 10 % too high wherever a target ends
 * at the end of a stretch of a decaying run.)
 *
 * @param loss per weight, without the penalty
 * @param assumed whether there are too few files to say how the rate changes, so that its course is that of a usual run
 *     and only its level is fitted
 */
record MovementFit(Movement movement, double loss, boolean assumed) {
    private static final int STRETCHES = 16;

    /** The logarithm is followed by so many steps per stretch. */
    private static final int PIECES = 4;

    private static final double STIFFNESS = 0.3;

    /** The number of times from which on they say how the rate changes. */
    static final int FEW = 4;

    /** The number of files up to which the first fit is to all of them. */
    private static final int MANY = 256;

    private static final double TOLERANCE = 1e-4;
    private static final int ITERATIONS = 100;

    /** The farthest that logarithms go from where they start. */
    private static final double FARTHEST_DOWN = 30;

    private static final double FARTHEST_UP = 15;

    /**
     * The rates {@code t^-alpha} of the sample run of docs/solver.md for alpha 0, 0.5, 1, 1.5 and 2, on a clock that
     * ends at 1: steps that shrink like {@code t^-1/2} after a warm-up, as Adam's do under EDM2's learning rate
     * schedule.
     */
    private static final double[] USUAL = {0.0119, 0.0226, 0.0225, 0.0074, 0.00058};

    private static final double USUAL_WHITE = 2.2e-6;
    private static final double USUAL_DRIFT = 0.0095;

    /**
     * @param noise by file
     * @param values by file, the sampled weights
     */
    static MovementFit of(StateSpace space, double[] noise, double[][] values) {
        double[][] sketch = Sketch.of(values);
        return space.files() < FEW ? few(space, noise, sketch) : many(space, noise, sketch);
    }

    /**
     * The same with rates that are constant on each stretch: what files say just as well of how the rate runs within
     * one.
     */
    Movement blunt() {
        double[] values = movement.rates().values().clone();
        for (int from = 0; from < values.length; from += PIECES) {
            int to = Math.min(from + PIECES, values.length);
            Arrays.fill(
                    values, from, to, Arrays.stream(values, from, to).average().orElseThrow());
        }
        return new Movement(movement.rates().with(values), movement.white(), movement.drift());
    }

    private static MovementFit many(StateSpace space, double[] noise, double[][] values) {
        int stretches = Math.clamp(Math.max(space.times().size() - 1, space.files() / 2), 1, STRETCHES);
        var stage = Stage.of(space, noise, values, stretches);
        QuasiNewton.Minimum best = space.files() <= MANY
                ? stage.fromTwoStarts()
                : stage.minimise(some(space, noise, values, stretches).fromTwoStarts());
        Movement movement = movement(stage.rates(), best.x());
        return new MovementFit(movement, stage.likelihood().score(movement).loss(), false);
    }

    /** The files of some of the times. */
    private static Stage some(StateSpace space, double[] noise, double[][] values, int stretches) {
        Set<Double> some = StateSpace.everyNth(space.times(), Math.ceilDiv(space.files(), MANY));
        int[] chosen = IntStream.range(0, space.files())
                .filter(i -> some.contains(space.file(i).endTime()))
                .toArray();
        return Stage.of(
                new StateSpace(Arrays.stream(chosen).mapToObj(space::file).toList()),
                Arrays.stream(chosen).mapToDouble(i -> noise[i]).toArray(),
                Arrays.stream(chosen).mapToObj(i -> values[i]).toArray(double[][]::new),
                stretches);
    }

    /** Files to be explained, with what does not depend on the movement. */
    private record Stage(StateSpace space, Rates rates, double[][] values, Likelihood likelihood, int stretches) {
        static Stage of(StateSpace space, double[] noise, double[][] values, int stretches) {
            int pieces = PIECES * stretches;
            var rates = new Rates(edges(space, pieces), new double[pieces]);
            return new Stage(space, rates, values, new Likelihood(space, rates, noise, values), stretches);
        }

        QuasiNewton.Minimum fromTwoStarts() {
            double distance = distance(likelihood.moments(), values);
            double end = space.end();
            double[] flat = new double[stretches];
            Arrays.fill(flat, distance / end);
            boolean raw = space.size() == 2; // raw checkpoints say nothing of deviations that last but a moment
            double[] still = start(flat, raw ? 0 : 1e-5 * distance * end, distance / (6 * end * end));
            double[] lively = start(
                    seen(space, likelihood.moments(), values, flat),
                    raw ? 0 : 1e-8 * distance * end,
                    0.01 * distance / (end * end));
            return Stream.of(still, lively)
                    .parallel()
                    .map(start -> QuasiNewton.minimise(loss(start), start, curvature(), TOLERANCE, ITERATIONS))
                    .min(Comparator.comparingDouble(QuasiNewton.Minimum::value))
                    .orElseThrow();
        }

        /** From where fewer files led, which knows how the loss bends as well. */
        QuasiNewton.Minimum minimise(QuasiNewton.Minimum start) {
            return QuasiNewton.minimise(loss(start.x()), start, TOLERANCE, ITERATIONS);
        }

        private QuasiNewton.Smooth loss(double[] start) {
            return (theta, gradient) -> MovementFit.loss(likelihood, rates, start, theta, gradient);
        }

        private double curvature() {
            return Math.max(1, (double) space.files() / stretches);
        }
    }

    private static double[] start(double[] rates, double white, double drift) {
        double[] theta = Arrays.copyOf(rates, rates.length + 2);
        theta[rates.length] = white;
        theta[rates.length + 1] = drift;
        for (int i = 0; i < theta.length; i++) theta[i] = Math.log(theta[i]);
        return theta;
    }

    private static Movement movement(Rates rates, double[] theta) {
        int stretches = theta.length - 2;
        double[] values = new double[rates.values().length];
        for (int i = 0; i < values.length; i++) {
            int left = left(i, stretches);
            double right = right(i, left, stretches);
            values[i] = Math.exp((1 - right) * theta[left] + (right == 0 ? 0 : right * theta[left + 1]));
        }
        return new Movement(rates.with(values), Math.exp(theta[stretches]), Math.exp(theta[stretches + 1]));
    }

    /** Which of two neighbouring stretches a piece lies between. */
    private static int left(int piece, int stretches) {
        return Math.clamp((int) Math.floor((piece + 0.5) / PIECES - 0.5), 0, Math.max(stretches - 2, 0));
    }

    /** How far the piece is on the way from the middle of that one to the middle of the next. */
    private static double right(int piece, int left, int stretches) {
        return stretches == 1 ? 0 : (piece + 0.5) / PIECES - 0.5 - left;
    }

    /** With the penalty. */
    private static double loss(Likelihood likelihood, Rates rates, double[] start, double[] theta, double[] gradient) {
        double[] inside = new double[theta.length];
        for (int i = 0; i < theta.length; i++)
            inside[i] = Math.clamp(theta[i], start[i] - FARTHEST_DOWN, start[i] + FARTHEST_UP);
        Likelihood.Score score = likelihood.score(movement(rates, inside));
        int stretches = theta.length - 2;
        Arrays.fill(gradient, 0);
        for (int i = 0; i < score.byRate().length; i++) {
            int left = left(i, stretches);
            double right = right(i, left, stretches);
            gradient[left] += (1 - right) * score.byRate()[i];
            if (right != 0) gradient[left + 1] += right * score.byRate()[i];
        }
        gradient[stretches] = score.byWhite();
        gradient[stretches + 1] = score.byDrift();
        double loss = score.loss();
        for (int i = 2; i < stretches; i++) {
            double bend = inside[i] - 2 * inside[i - 1] + inside[i - 2];
            loss += STIFFNESS * bend * bend;
            gradient[i] += 2 * STIFFNESS * bend;
            gradient[i - 1] -= 4 * STIFFNESS * bend;
            gradient[i - 2] += 2 * STIFFNESS * bend;
        }
        for (int i = 0; i < theta.length; i++) if (inside[i] != theta[i]) gradient[i] = 0;
        return loss;
    }

    /**
     * Equal stretches of time. Where there are many files, each edge is moved to the nearest of them, so that no step
     * of the filter is divided.
     */
    static double[] edges(StateSpace space, int stretches) {
        List<Double> times = new ArrayList<>(space.times());
        times.addFirst(space.start());
        double[] edges = new double[stretches - 1];
        int step = 0;
        for (int b = 0; b < edges.length; b++) {
            double edge = space.end() * (b + 1) / stretches;
            while (step + 2 < times.size() && (times.get(step) + times.get(step + 1)) / 2 <= edge) step++;
            if (times.get(step + 1) - times.get(step) > space.end() / stretches) edges[b] = edge;
            else edges[b] = (times.get(step) + times.get(step + 1)) / 2 <= edge ? times.get(step + 1) : times.get(step);
        }
        return edges;
    }

    /** Mean squared distance of the last file from the first. */
    private static double distance(List<Moment> moments, double[][] values) {
        int first = -1;
        int last = -1;
        for (Moment moment : moments)
            for (int file : moment.files()) {
                if (first < 0) first = file;
                last = file;
            }
        return Math.max(meanSquaredDistance(values[first], values[last]), 1e-200);
    }

    static double meanSquaredDistance(double[] a, double[] b) {
        double sum = 0;
        for (int k = 0; k < a.length; k++) sum += (a[k] - b[k]) * (a[k] - b[k]);
        return sum / a.length;
    }

    /** Rates as the distances between files of one kind show them. */
    private static double[] seen(StateSpace space, List<Moment> moments, double[][] values, double[] otherwise) {
        double[] moved = new double[otherwise.length];
        double[] time = new double[otherwise.length];
        int[] previous = new int[space.size()];
        Arrays.fill(previous, -1);
        double before = 0;
        for (Moment moment : moments)
            for (int file : moment.files()) {
                int coordinate = space.coordinate(file);
                if (previous[coordinate] >= 0) {
                    moved[moment.rate() / PIECES] += meanSquaredDistance(values[file], values[previous[coordinate]]);
                    time[moment.rate() / PIECES] += space.file(file).endTime()
                            - space.file(previous[coordinate]).endTime();
                }
                previous[coordinate] = file;
            }
        double[] rates = otherwise.clone();
        for (int b = 0; b < rates.length; b++) {
            if (time[b] > 0) before = moved[b] / time[b];
            if (before > 0) rates[b] = Math.max(before, 1e-10 * otherwise[b]);
        }
        return rates;
    }

    private static MovementFit few(StateSpace space, double[] noise, double[][] values) {
        double end = space.end();
        Rates rates = usualRates(space.start(), end, STRETCHES);
        var likelihood = new Likelihood(space, rates, noise, values);
        double[] start = {Math.log(distance(likelihood.moments(), values) / 0.05)};
        QuasiNewton.Minimum level = QuasiNewton.minimise(
                (theta, gradient) -> {
                    Likelihood.Score score = likelihood.score(usual(rates, end, Math.exp(theta[0])));
                    gradient[0] = Arrays.stream(score.byRate()).sum() + score.byWhite() + score.byDrift();
                    return score.loss();
                },
                start,
                1,
                TOLERANCE * TOLERANCE,
                ITERATIONS);
        Movement movement = usual(rates, end, Math.exp(level.x()[0]));
        return new MovementFit(movement, level.value(), true);
    }

    /** How a usual run moves, for weights of mean square 1. */
    static Movement usual(double start, double end) {
        return usual(usualRates(start, end, STRETCHES * PIECES), end, 1);
    }

    private static Rates usualRates(double start, double end, int stretches) {
        double[] edges = new double[stretches - 1];
        for (int b = 0; b < edges.length; b++) edges[b] = end * (b + 1) / stretches;
        double[] usual = new double[stretches];
        for (int b = 0; b < stretches; b++) {
            double t = Math.max((b + 0.5) / stretches, start / end);
            for (int a = 0; a < USUAL.length; a++) usual[b] += USUAL[a] * Math.pow(t, -0.5 * a) / end;
        }
        return new Rates(edges, usual);
    }

    private static Movement usual(Rates rates, double end, double level) {
        return new Movement(
                rates.with(Arrays.stream(rates.values()).map(r -> r * level).toArray()),
                USUAL_WHITE * level * end,
                USUAL_DRIFT * level / (end * end));
    }
}
