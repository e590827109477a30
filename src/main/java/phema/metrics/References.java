package phema.metrics;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;
import phema.format.FormatException;
import phema.format.NumpyArchive;
import phema.format.NumpyArray;
import phema.format.NumpyPickle;
import phema.problem.Problem;
import phema.tensor.Shape;

/**
 * Reads statistics of the images that a model should make, by metric, in the published forms: a {@code .npz} of
 * {@code mu} [D] and {@code sigma} [D, D], or a pickle {@code {"fid": {"mu": ..., "sigma": ...}, "fd_dinov2": {...}}}.
 * A {@code .npz} for several metrics names its arrays {@code fid.mu} and so on. What else a {@code .npz} holds, such as
 * the images {@code arr_0} of ADM's, is not read.
 */
public final class References {
    private static final String MU = "mu";
    private static final String SIGMA = "sigma";
    private static final String IMAGES = "arr_0";

    /** The largest asymmetry that a covariance may have, relative to its largest value. */
    private static final double ASYMMETRY = 1e-4;

    private final Path path;
    private final SequencedMap<String, Statistics> byName;

    private References(Path path, SequencedMap<String, Statistics> byName) {
        this.path = path;
        this.byName = byName;
    }

    /** @throws FormatException when the file is neither of the two, or its numbers are no mean and covariance */
    public static References read(Path path) throws IOException {
        SequencedMap<String, Map<String, NumpyArray>> arrays = path.toString().endsWith(".npz")
                ? grouped(NumpyArchive.read(path, References::isStatistic))
                : NumpyPickle.read(path);
        SequencedMap<String, Statistics> byName = new LinkedHashMap<>();
        for (Map.Entry<String, Map<String, NumpyArray>> group : arrays.entrySet()) {
            NumpyArray mu = group.getValue().get(MU);
            NumpyArray sigma = group.getValue().get(SIGMA);
            if (mu == null || sigma == null) continue;
            byName.put(
                    group.getKey(), statistics(path, group.getKey().isEmpty() ? "" : group.getKey() + ".", mu, sigma));
        }
        if (byName.isEmpty()
                && path.toString().endsWith(".npz")
                && NumpyArchive.names(path).contains(IMAGES))
            throw new FormatException(
                    path,
                    "holds images, the array `" + IMAGES
                            + "`, and no statistics of them; make these first: phema metrics" + " ref --data " + path
                            + " --dest statistics.npz");
        if (byName.isEmpty())
            throw new FormatException(
                    path,
                    "holds no statistics; they are arrays `mu` and `sigma`, or dictionaries `fid`, `fd_dinov2` of "
                            + "them");
        return new References(path, byName);
    }

    private static boolean isStatistic(String name) {
        String last = name.substring(name.lastIndexOf('.') + 1);
        return last.equals(MU) || last.equals(SIGMA);
    }

    /** Groups arrays by what stands before the last point of names; nothing for {@code mu}. */
    private static SequencedMap<String, Map<String, NumpyArray>> grouped(Map<String, NumpyArray> arrays) {
        SequencedMap<String, Map<String, NumpyArray>> groups = new LinkedHashMap<>();
        arrays.forEach((name, array) -> {
            int point = name.lastIndexOf('.');
            groups.computeIfAbsent(name.substring(0, Math.max(point, 0)), key -> new LinkedHashMap<>())
                    .put(name.substring(point + 1), array);
        });
        return groups;
    }

    private static Statistics statistics(Path path, String prefix, NumpyArray mu, NumpyArray sigma)
            throws FormatException {
        long d = mu.shape().elements();
        if (mu.shape().rank() != 1 || d == 0 || !sigma.shape().equals(Shape.of(d, d)))
            throw new FormatException(
                    path,
                    "`%smu` has the shape %s and `%ssigma` %s; they are [D] and [D, D]"
                            .formatted(prefix, mu.shape(), prefix, sigma.shape()));
        requireFinite(path, prefix + MU, mu);
        requireFinite(path, prefix + SIGMA, sigma);
        int n = (int) d;
        double[] s = sigma.values();
        double largest = Arrays.stream(s).map(Math::abs).max().orElse(0);
        for (int i = 0; i < n; i++) {
            if (s[i * n + i] < 0)
                throw new FormatException(
                        path, "`%ssigma` has the negative variance %s".formatted(prefix, s[i * n + i]));
            for (int j = 0; j < i; j++)
                if (Math.abs(s[i * n + j] - s[j * n + i]) > ASYMMETRY * largest)
                    throw new FormatException(
                            path, "`%ssigma` is not symmetric, so it is no covariance".formatted(prefix));
        }
        return new Statistics(mu.values(), s);
    }

    private static void requireFinite(Path path, String name, NumpyArray array) throws FormatException {
        for (double value : array.values())
            if (!Double.isFinite(value))
                throw new FormatException(path, "`" + name + "` holds numbers that are not finite");
    }

    /**
     * The statistics to compare a metric with. Those without a name are taken for any one metric's; which network made
     * them shows at most in their number of features.
     *
     * @throws Problem when the file has none
     */
    public Statistics of(Metric metric) {
        @Nullable Statistics named = byName.get(metric.word());
        return Optional.ofNullable(named == null ? byName.get("") : named)
                .orElseThrow(() -> Problem.invalid(
                        "ref",
                        path + " holds no statistics for " + metric.word() + ", only for "
                                + String.join(", ", byName.sequencedKeySet())));
    }

    /**
     * Writes a {@code .npz}, of {@code mu} and {@code sigma} for one metric, of {@code fid.mu} and so on for several.
     * Leaves the stream open.
     */
    public static void write(OutputStream to, Map<Metric, Statistics> statistics) throws IOException {
        SequencedMap<String, NumpyArray> arrays = new LinkedHashMap<>();
        statistics.forEach((metric, s) -> {
            String prefix = statistics.size() == 1 ? "" : metric.word() + ".";
            arrays.put(prefix + MU, new NumpyArray(Shape.of(s.features()), s.mu()));
            arrays.put(prefix + SIGMA, new NumpyArray(Shape.of(s.features(), s.features()), s.sigma()));
        });
        NumpyArchive.write(to, arrays);
    }
}
