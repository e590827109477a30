package phema.solver;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.function.IntToDoubleFunction;
import phema.profile.Impulse;
import phema.profile.Profile;
import phema.profile.ProfileSpec;
import phema.profile.SigmaRel;
import phema.tensor.DType;

/**
 * Simulates a job that keeps an average and does not say which: 5 to 60 checkpoints of 256 weights that walk, with
 * raw weights and average in fp32, fp16 or bf16. The learning rate has one of five courses; in half of the runs some
 * weights move far more than others; and steps are independent, or have momentum, or jitter about the way as well.
 */
final class UnrecordedRun {
    private static final int WEIGHTS = 256;
    private static final double[] USUAL = {0.99, 0.995, 0.999, 0.9999};
    private static final double[] WARMUPS = {2.0 / 3, 0.75, 0.5};
    private static final DType[] TYPES = {DType.F32, DType.F16, DType.BF16};

    /** The number of shares of a file that are compared. */
    private static final int COMPARED = 300;

    private final Random random;
    private final double[] decays;
    private final int steps;
    private final String kind;

    /** The step at which a late average is a copy for the last time. */
    private int begin;

    private final List<StoredAverage> raw = new ArrayList<>();
    private final List<StoredAverage> averages = new ArrayList<>();

    UnrecordedRun(long seed) {
        this(seed, false);
    }

    /** @param late whether the average begins when the run is a fifth to two thirds over */
    UnrecordedRun(long seed, boolean late) {
        random = new Random(new SplittableRandom(seed).nextLong()); // neighbouring seeds begin alike
        int files = 5 + random.nextInt(random.nextBoolean() ? 12 : 56);
        int every = Math.max(1 + random.nextInt(120), Math.ceilDiv(400, files));
        steps = files * every;
        decays = new double[steps + 1];
        kind = late ? keepLate() : keep();
        track(every);
        if (kind.endsWith("absent before"))
            averages.removeIf(file -> file.profile().endTime() <= begin);
    }

    boolean isLate() {
        return begin > 0;
    }

    /** What is known of a late average's beginning, beside its files. */
    Optional<Beginning> told() {
        if (kind.endsWith("counted")) return Optional.of(new Beginning(begin, begin, 1, true, true));
        if (!kind.endsWith("absent before") || averages.isEmpty()) return Optional.empty();
        double first = averages.getFirst().profile().endTime();
        return raw.stream()
                .map(file -> file.profile().endTime())
                .filter(time -> time < first)
                .reduce((one, later) -> later)
                .map(last -> new Beginning(last, first, 1, false, false));
    }

    /** How the job averages. */
    String kind() {
        return kind;
    }

    List<StoredAverage> raw() {
        return raw;
    }

    List<StoredAverage> averages() {
        return averages;
    }

    private String keep() {
        return switch (random.nextInt(11)) {
            case 0, 1 -> {
                double decay = 1 - left(2, 0.1);
                yield keep("constant decay", n -> decay);
            }
            case 2 -> {
                double decay = USUAL[random.nextInt(USUAL.length)];
                yield keep("constant decay of 0.99 to 0.9999", n -> decay);
            }
            case 3, 4 -> {
                double power = SigmaRel.toGamma(0.02 * Math.pow(12, random.nextDouble())) + 1;
                yield keep("power of time", n -> Math.pow(1 - 1.0 / n, power));
            }
            case 5 -> {
                double most = USUAL[random.nextInt(USUAL.length)];
                yield keep("min(b, (1+n)/(10+n))", n -> Math.min(most, (1.0 + n) / (10.0 + n)));
            }
            case 6 -> {
                double power = WARMUPS[random.nextInt(WARMUPS.length)];
                yield keep("warm-up by a power", n -> Math.min(0.9999, 1 - Math.pow(1 + n, -power)));
            }
            case 7 -> keep("plain mean", n -> 1 - 1.0 / n);
            case 8 -> {
                int every = 2 + random.nextInt(19);
                double decay = 1 - left(2, 0.05);
                yield keep("every 2 to 20 steps", n -> n % every == 0 ? decay : 1);
            }
            case 9 -> {
                int start = steps / 8 + random.nextInt(3 * steps / 4);
                double decay = 1 - left(4, 0.08);
                boolean begun = random.nextBoolean();
                if (begun) begin = start;
                yield begun
                        ? keep("begun in mid run", n -> n <= start ? 0 : decay)
                        : keep("restarted in mid run", n -> n == start ? 0 : decay);
            }
            default -> {
                double first = left(4, 0.08);
                double last = left(4, 0.08);
                double change = random.nextBoolean() ? 0.5 : 0.15 + 0.7 * random.nextDouble();
                yield random.nextInt(3) == 0
                        ? keep("decay that drifts", n -> 1 - first * Math.pow(last / first, (double) n / steps))
                        : keep("decay that changed", n -> 1 - (n < change * steps ? first : last));
            }
        };
    }

    private String keepLate() {
        begin = steps / 5 + random.nextInt(steps / 2);
        if (random.nextBoolean() && begin > 500) begin = begin / 100 * 100;
        String before = List.of("copies before", "absent before", "still before", "still before, counted")
                .get(random.nextInt(4));
        int after = steps - begin;
        int what = random.nextInt(5);
        double left = 2.0 / after * Math.pow(0.05 * after, random.nextDouble());
        double most = USUAL[random.nextInt(USUAL.length)];
        IntToDoubleFunction decay = switch (what) {
            case 0, 1 -> n -> 1 - left;
            case 2 -> n -> most;
            case 3 -> n -> 1 - 1.0 / (n + (before.endsWith("counted") ? 1 : 0));
            default -> n -> Math.min(most, (1.0 + n) / (10.0 + n));
        };
        double standing = before.startsWith("still") ? 1 : 0;
        String name = List.of("constant", "constant", "usual constant", "mean", "min(b, (1+n)/(10+n))")
                .get(what);
        return keep(name + ", " + before, n -> n < begin ? standing : n == begin ? 0 : decay.applyAsDouble(n - begin));
    }

    private String keep(String name, IntToDoubleFunction decay) {
        for (int n = 1; n <= steps; n++) decays[n] = decay.applyAsDouble(n);
        return name;
    }

    /** What the moment's weights get in each step: from so many shares of the run's length to so much. */
    private double left(double least, double most) {
        return least / steps * Math.pow(most * steps / least, random.nextDouble());
    }

    private void track(int every) {
        int course = random.nextInt(5);
        DType type = TYPES[random.nextInt(TYPES.length)];
        boolean uneven = random.nextBoolean();
        int texture = random.nextInt(4);
        double momentum = texture == 2 ? 0.9 : 0;
        double jitterTime = 2 + random.nextInt(30);
        double jitter = texture == 3 ? random.nextDouble() : 0;
        double[] way = new double[WEIGHTS];
        double[] average = new double[WEIGHTS];
        double[] size = new double[WEIGHTS];
        double[] drift = new double[WEIGHTS];
        for (int k = 0; k < WEIGHTS; k++) {
            way[k] = 2 * random.nextGaussian();
            average[k] = way[k];
            size[k] = (uneven ? Math.exp(random.nextGaussian()) : 1) / Math.sqrt(steps);
            drift[k] = 0.3 * random.nextGaussian() / steps;
        }
        double[] velocity = new double[WEIGHTS];
        double[] off = new double[WEIGHTS];
        double[] weights = new double[WEIGHTS];
        for (int n = 1; n <= steps; n++) {
            double rate = rate(course, (double) n / steps);
            for (int k = 0; k < WEIGHTS; k++) {
                velocity[k] = momentum * velocity[k] + (1 - momentum) * rate * size[k] * random.nextGaussian();
                if (jitter > 0) off[k] += jitter * rate * size[k] * random.nextGaussian() - off[k] / jitterTime;
                way[k] += velocity[k] + drift[k];
                weights[k] = way[k] + off[k];
                average[k] = decays[n] * average[k] + (1 - decays[n]) * weights[k];
            }
            if (n % every != 0) continue;
            raw.add(stored(n, weights, type));
            averages.add(stored(n, average, type));
        }
    }

    /** Constant, falling like Adam's, a cosine, constant and then linear to zero, four cosines. */
    private static double rate(int course, double x) {
        return switch (course) {
            case 0 -> 1;
            case 1 -> 1 / Math.sqrt(1 + 20 * x);
            case 2 -> 0.05 + 0.475 * (1 + Math.cos(Math.PI * x));
            case 3 -> x < 0.8 ? 1 : (1 - x) / 0.2 + 1e-3;
            default -> 0.05 + 0.475 * (1 + Math.cos(Math.PI * (4 * x % 1)));
        };
    }

    private static StoredAverage stored(double time, double[] values, DType type) {
        double[] sample = new double[WEIGHTS];
        double variance = 0;
        for (int k = 0; k < WEIGHTS; k++) {
            double ulp = type.ulp(values[k]);
            sample[k] = Math.rint(values[k] / ulp) * ulp;
            variance += ulp * ulp / 12 / WEIGHTS;
        }
        return new StoredAverage(new Impulse(time), sample, variance);
    }

    /** How far a profile is from what was averaged: the greatest difference of shares, in the mean over files. */
    double error(String spec) {
        return averages.stream()
                .mapToInt(file -> (int) file.profile().endTime())
                .filter(end -> end > begin)
                .mapToDouble(end -> error(ProfileSpec.parse(spec, end), end))
                .average()
                .orElseThrow();
    }

    /**
     * The same of late averages, whose shares jump where they begin: by how far weights move in a share of the time
     * between two files, at the file where that is the most.
     */
    double apart(String spec) {
        double spacing = (double) steps / raw.size();
        return averages.stream()
                .mapToInt(file -> (int) file.profile().endTime())
                .filter(end -> end > begin)
                .mapToDouble(end -> apart(ProfileSpec.parse(spec, end), end) / spacing)
                .max()
                .orElseThrow();
    }

    private double apart(Profile profile, int end) {
        double share = 1;
        double square = 0;
        for (int step = end - 1; step >= 0; step--) {
            share *= decays[step + 1];
            square += Math.pow(share - profile.cumulative(step), 2);
        }
        return square;
    }

    private double error(Profile profile, int end) {
        int every = Math.max(1, end / COMPARED);
        double share = 1;
        double error = 0;
        for (int step = end - 1; step >= 1; step--) {
            share *= decays[step + 1];
            if (step % every == 0 || end - step < 20)
                error = Math.max(error, Math.abs(share - profile.cumulative(step)));
        }
        return error;
    }
}
