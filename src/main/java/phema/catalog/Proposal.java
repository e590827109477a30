package phema.catalog;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import phema.format.Format;
import phema.format.WeightFile;
import phema.format.WeightFiles;

/**
 * Proposes lines of a manifest for weight files that no run takes, or that have to be asked for: of raw weights only
 * where neither their names nor their content are those of an average.
 *
 * @param mayRead asked with the real path of each file
 */
record Proposal(Predicate<Path> mayRead) {
    /** The half-life of the average in EDM's pickles unless its job is told otherwise, in thousands of images. */
    private static final long HALF_LIFE = 500;

    /** The file of EDM that says it. */
    private static final String OPTIONS = "training_options.json";

    /**
     * The lines for files of a pattern.
     *
     * @param example one of them
     */
    List<String> lines(String pattern, Path example) {
        return List.of("files: '" + pattern + "'", profile(pattern, example));
    }

    private String profile(String pattern, Path example) {
        if (isAverage(pattern)) return Questions.ofDecay(pattern);
        Optional<WeightFile> file = read(example);
        if (file.filter(Proposal::isOfEdm).isPresent())
            return ofEdm(SideJson.number(example.resolveSibling(OPTIONS), "ema_halflife_kimg", mayRead)
                    .orElse(HALF_LIFE));
        return file.flatMap(one -> new NotAveraged(one.tensors()).average())
                .map(Questions::ofDecay)
                .orElse(Questions.RAW);
    }

    /** Whether a path, or a pattern of paths, is an average's by one of its names. */
    static boolean isAverage(String path) {
        return WeightsPath.isAverage(path.replaceFirst("\\.(?:pth\\.tar|[a-zA-Z]+(?:\\.index\\.json)?)$", ""));
    }

    /** Whether a file is one of those pickles that hold a network as {@code ema} alone. */
    static boolean isOfEdm(WeightFile file) {
        return file.format() == Format.EDM2_PICKLE;
    }

    /** The line for the average that such pickles hold unless something else is known. */
    static String ofEdm() {
        return ofEdm(HALF_LIFE);
    }

    private static String ofEdm(long halfLife) {
        return "profile: 'exponential:halflife=" + halfLife + "'";
    }

    private Optional<WeightFile> read(Path file) {
        try {
            return Optional.of(WeightFiles.read(file, Optional.empty(), mayRead));
        } catch (IOException | RuntimeException e) { // whoever names it is told why
            return Optional.empty();
        }
    }
}
