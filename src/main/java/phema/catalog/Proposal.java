package phema.catalog;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import phema.format.Format;
import phema.format.WeightFile;
import phema.format.WeightFiles;

/**
 * Proposes lines of a manifest for weight files that no run takes, or that have to be asked for: of a file that holds
 * weights, and of raw ones only where neither their names nor their content are those of an average.
 *
 * @param mayRead asked with the real path of each file
 */
record Proposal(Predicate<Path> mayRead) {
    /** The half-life of the average in EDM's pickles unless its job is told otherwise, in thousands of images. */
    private static final long HALF_LIFE = 500;

    /** The same of StyleGAN's, whose jobs mostly are told so. */
    private static final long HALF_LIFE_OF_GAN = 10;

    /** The names of what is trained beside a model, or not at all. */
    private static final Pattern BESIDE =
            Pattern.compile("(?:.*[^a-z])?(?:text|vae|critic|discriminator)(?:[^a-z].*)?", Pattern.CASE_INSENSITIVE);

    /** The number of files that are read for one that can be. */
    private static final int MOST_READ = 8;

    /** The file of both that says it. */
    private static final String OPTIONS = "training_options.json";

    /**
     * The lines for files of a pattern; of those that hold an average beside the raw weights for these.
     *
     * @param example one of them
     */
    List<String> lines(String pattern, Path example) {
        return lines(pattern, example, () -> content(example));
    }

    /** @param content of the example, where it can be read */
    List<String> lines(String pattern, Path example, Supplier<Optional<WeightFile>> content) {
        if (isAverage(pattern)) return List.of(files(pattern), Questions.ofDecay(pattern));
        Optional<WeightFile> file = content.get();
        Optional<String> raw = file.flatMap(one -> WeightGroups.rawIn(one).stream()
                .map(WeightGroups.StatedGroup::prefix)
                .findFirst());
        return raw.map(prefix -> List.of(files(pattern), "prefix: '" + prefix + "'", Questions.RAW))
                .orElseGet(() -> List.of(files(pattern), profile(example, file)));
    }

    private static String files(String pattern) {
        return "files: '" + pattern + "'";
    }

    /**
     * Lines for files of such names, with the one for names that count from 0 where the file named 0 states a step.
     *
     * @param file of a name
     */
    List<String> counting(List<String> lines, String pattern, Collection<String> names, Function<String, Path> file) {
        NamePattern times = NamePattern.of(pattern, ManifestReader.FILE_FIELDS);
        boolean fromZero = names.stream()
                .filter(name -> times.match(name)
                        .filter(found -> NamedNumber.value(found.group("time")) == 0)
                        .isPresent())
                .flatMap(name -> content(file.apply(name)).stream())
                .anyMatch(first -> StatedTimes.steps(first.metadata())
                        .filter(steps -> steps.getValue() > 1)
                        .isPresent());
        if (!fromZero) return lines;
        List<String> more = new ArrayList<>(lines);
        more.add(1, CountFromZero.LINE);
        return more;
    }

    /** Whether a file can be read, and holds what may be weights. */
    boolean holdsWeights(Path file) {
        return weights(file).isPresent();
    }

    /** A file that can be read, and holds what may be weights. */
    Optional<WeightFile> weights(Path file) {
        return content(file)
                .filter(one ->
                        one.tensors().stream().anyMatch(tensor -> tensor.dtype().isFloating()));
    }

    /** Of several weights of a checkpoint the likeliest that can be read. @param weights one at least */
    WeightsPath best(Path checkpoint, Collection<WeightsPath> weights) {
        List<WeightsPath> left = new ArrayList<>(weights);
        for (int i = 0; i < MOST_READ && !left.isEmpty(); i++) {
            WeightsPath best = byLikelihood(checkpoint, left).getFirst();
            if (holdsWeights(checkpoint.resolve(best.path()))) return best;
            left.remove(best);
        }
        return byLikelihood(checkpoint, weights).getFirst();
    }

    /** The likeliest first: large files, of these raw weights, and of these not what lies beside a model. */
    static List<WeightsPath> byLikelihood(Path checkpoint, Collection<WeightsPath> weights) {
        Map<WeightsPath, Long> sizes = new HashMap<>();
        for (WeightsPath one : weights) sizes.put(one, size(checkpoint, one));
        long largest = Collections.max(sizes.values());
        return weights.stream()
                .sorted(Comparator.comparing((WeightsPath one) -> 2 * sizes.getOrDefault(one, 0L) < largest)
                        .thenComparing(one -> WeightsPath.isAverage(one.component()))
                        .thenComparing(one -> BESIDE.matcher(one.path()).matches()))
                .toList();
    }

    /** In bytes. Those of which one file stands for several are as large as any. */
    private static long size(Path checkpoint, WeightsPath weights) {
        if (WeightsPath.isOfSeveral(weights.path())) return Long.MAX_VALUE / 2;
        try {
            return Files.size(checkpoint.resolve(weights.path()));
        } catch (IOException e) { // it has just gone
            return 0;
        }
    }

    private String profile(Path example, Optional<WeightFile> file) {
        if (file.filter(Proposal::isOfEdm).isPresent())
            return Stream.of("ema_halflife_kimg", "ema_kimg")
                    .flatMap(key -> SideJson.number(example.resolveSibling(OPTIONS), key, mayRead).stream())
                    .findFirst()
                    .map(Proposal::ofHalfLife)
                    .orElse(ofEdm(file.get()));
        return file.flatMap(one -> new NotAveraged(one.tensors()).average())
                .map(Questions::ofDecay)
                .orElse(Questions.RAW);
    }

    /** Whether a path, or a pattern of paths, is an average's by one of its names. */
    static boolean isAverage(String path) {
        return WeightsPath.isAverage(path.replaceFirst("\\.(?:pth\\.tar|[a-zA-Z]+(?:\\.index\\.json)?)$", ""));
    }

    /** Whether there are far more averages than other files of one kind, which are then beside the point. */
    static boolean areMostlyAverages(List<String> averages, List<String> others) {
        long most = NumberReadings.counts(others).values().stream()
                .mapToLong(n -> n)
                .max()
                .orElse(0);
        return averages.size() > 2 * most;
    }

    /** Whether a file is one of those pickles that hold an average alone, or nothing else that is read. */
    static boolean isOfEdm(WeightFile file) {
        return file.format() == Format.EDM2_PICKLE;
    }

    /** The line for the average that such pickles hold unless something else is known. */
    static String ofEdm(WeightFile file) {
        return ofHalfLife(WeightFiles.otherNetworks(file).isPresent() ? HALF_LIFE_OF_GAN : HALF_LIFE);
    }

    private static String ofHalfLife(long halfLife) {
        return "profile: 'exponential:halflife=" + halfLife + "'";
    }

    /** What a file holds, where it can be read. */
    Optional<WeightFile> content(Path file) {
        try {
            return Optional.of(WeightFiles.read(file, Optional.empty(), mayRead));
        } catch (IOException | RuntimeException e) { // whoever names it is told why
            return Optional.empty();
        }
    }
}
