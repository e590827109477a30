package phema.solver;

import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import phema.profile.Decay;
import phema.profile.Integrals;
import phema.profile.Profile;

/**
 * Measures how far the profile of a combination is from a target's, relative to the target's own size in {@code L^2}.
 * The products of all pairs of files enter, but a tracked average at {@code T} holds {@code P(u; T)} of what it held at
 * {@code u}, so its product with a file that ends at {@code u} or before is that much of the earlier one's: the sum
 * over earlier files is carried from one snapshot of an average to its next, and the work grows linearly with the
 * files.
 */
final class ProfileDistance {
    /** In order of time. */
    private final Profile[] files;

    private final double[] coefficients;

    private ProfileDistance(Profile[] files, double[] coefficients) {
        this.files = files;
        this.coefficients = coefficients;
    }

    /**
     * @param coefficients by file
     * @return NaN where a profile has no square-integrable density
     */
    static double of(Profile target, List<Profile> files, double[] coefficients) {
        int[] read = IntStream.range(0, coefficients.length)
                .filter(i -> coefficients[i] != 0)
                .boxed()
                .sorted(Comparator.comparingDouble(i -> files.get(i).endTime()))
                .mapToInt(i -> i)
                .toArray();
        var combination = new ProfileDistance(
                Arrays.stream(read).mapToObj(files::get).toArray(Profile[]::new),
                Arrays.stream(read).mapToDouble(i -> coefficients[i]).toArray());
        return combination.to(target);
    }

    private double to(Profile target) {
        if (!Integrals.isSquareIntegrable(target) || !Arrays.stream(files).allMatch(Integrals::isSquareIntegrable))
            return Double.NaN;
        double ofTarget = Integrals.inner(target, target);
        double square = ofTarget;
        for (int i = 0; i < files.length; i++)
            square += coefficients[i]
                    * (coefficients[i] * Integrals.inner(files[i], files[i]) - 2 * Integrals.inner(files[i], target));
        Map<Decay, Tracked> averages = new LinkedHashMap<>();
        for (int i = 0; i < files.length; i++) {
            Optional<Decay> decay = Decay.of(files[i]);
            double withEarlier = decay.isPresent()
                    ? averages.computeIfAbsent(decay.get(), Tracked::new).withEarlier(i)
                    : sum(0, i);
            square += 2 * coefficients[i] * withEarlier;
        }
        return Math.sqrt(Math.max(square, 0) / ofTarget);
    }

    /** Of products of a file with those from {@code first} up to itself, each by its coefficient. */
    private double sum(int first, int file) {
        double sum = 0;
        for (int i = first; i < file; i++) sum += coefficients[i] * Integrals.inner(files[i], files[file]);
        return sum;
    }

    /** Carries the sum of its products with earlier files from one snapshot of an average to the next. */
    private final class Tracked {
        private final Decay decay;
        private int last;
        private double sum;

        Tracked(Decay decay) {
            this.decay = decay;
        }

        double withEarlier(int file) {
            sum *= Math.exp(decay.logShare(files[last].endTime(), files[file].endTime()));
            sum += sum(last, file);
            last = file;
            return sum;
        }
    }
}
