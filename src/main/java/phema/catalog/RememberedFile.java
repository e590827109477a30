package phema.catalog;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import phema.format.FileStamp;
import phema.format.WeightFile;

/**
 * Holds what scans know of a file.
 *
 * @param stamp when last looked at
 * @param since when it was first seen with that stamp, by the scanner's ticker; matters only until its content is known
 */
record RememberedFile(FileStamp stamp, long since, RememberedContent content) {
    /** What reading it gave. */
    sealed interface RememberedContent {}

    /** Marks a file that is not to be used yet: it may still be written. */
    record Growing(String message) implements RememberedContent {}

    /**
     * It cannot be used.
     *
     * @param lasting whether only another content can change that, as opposed to storage that failed or refused
     * @param incomplete whether something is missing, as of what is still being written
     */
    record Broken(String message, boolean lasting, boolean incomplete) implements RememberedContent {}

    /**
     * Its structure, and its samples.
     *
     * @param file with all its tensors
     * @param samples by the prefix of the tensors that count; those that are there were read
     */
    record Indexed(WeightFile file, Map<String, Sampled> samples) implements RememberedContent {
        Indexed {
            samples = Map.copyOf(samples);
        }

        Indexed(WeightFile file) {
            this(file, Map.of());
        }

        /** Whether its weights are in the file itself, and in no other that may change while it does not. */
        boolean isAlone() {
            return file.parts().size() == 1 && file.parts().getFirst().path().equals(file.path());
        }

        Optional<Sampled> sampled(String prefix) {
            return Optional.ofNullable(samples.get(prefix));
        }

        Indexed with(String prefix, Sampled sampled) {
            Map<String, Sampled> all = new HashMap<>(samples);
            all.put(prefix, sampled);
            return new Indexed(file, all);
        }
    }

    /**
     * Holds what was read of one set of weights.
     *
     * @param plan identity of the {@link SamplePlan} that the sample was read by
     * @param scales the constants that must be the same in all files, by tensor
     */
    record Sampled(String plan, SampleSummary summary, Map<String, Double> scales, SampledNumbers numbers) {}

    /**
     * Whether nothing but another stamp can change what is known: not where it depends on other files, or on time.
     *
     * @param fileName under which it is known
     */
    boolean isFinal(String fileName) {
        return switch (content) {
            case Indexed indexed -> indexed.isAlone();
            case Broken broken -> broken.lasting() && !broken.incomplete() && !WeightsPath.isOfSeveral(fileName);
            case Growing growing -> false;
        };
    }

    /** With all its tensors; empty where it could not be read. */
    Optional<WeightFile> file() {
        return content instanceof Indexed indexed ? Optional.of(indexed.file()) : Optional.empty();
    }

    RememberedFile with(RememberedContent changed) {
        return new RememberedFile(stamp, since, changed);
    }
}
