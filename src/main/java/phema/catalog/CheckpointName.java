package phema.catalog;

import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads the name of a folder that holds one checkpoint: {@code checkpoint-500}, {@code step1000-unsharded},
 * {@code iter_0001000}, {@code global_step100}, {@code ep0-ba1000}, {@code epoch=0-step=10.ckpt}. Any number counts
 * behind a word for what is counted; without one, as in {@code NAME-000010} of sd-scripts and {@code 0001000.pt} of
 * HunyuanDiT, only one that is filled up with zeros to six digits or more, since {@code seed-1} and {@code run2} are
 * runs side by side.
 *
 * @param family the name with N for each number that counts
 * @param pattern of a manifest that such names match
 * @param word for what is counted, in lower case; empty where none is there
 */
record CheckpointName(String name, String family, String pattern, String word, long number) {
    private static final Pattern FILLED = Pattern.compile("(?:.*\\D)?(0\\d{5,14})(?:\\.(?:pt|pth|ckpt))?");

    /** The words for what runs side by side, before such a number. */
    private static final Pattern SIDE_BY_SIDE = Pattern.compile(
            "(?:.*[^a-z])?(?:exp(?:eriment)?|run|seed|fold|lr|trial|version|v|job|rank|gpu|part|split|sweep|test|try"
                    + "|" + Questions.SIDE_BY_SIDE + ")s?[-_=.]?[\\d.]+",
            Pattern.CASE_INSENSITIVE);

    /** The form of OneTrainer's backups: a time stamp, then step, epoch, and step within the epoch. */
    private static final Pattern ONE_TRAINER =
            Pattern.compile("\\d{4}-\\d\\d-\\d\\d_\\d\\d-\\d\\d-\\d\\d-backup-(\\d{1,15})-\\d+-\\d+");

    /** The names of what is no checkpoint, or not yet one. */
    private static final Pattern SIDE = Pattern.compile(
            "[._].*|.*[-_.](?:tmp|temp|states?|rolling|bak|old|partial|incomplete)", Pattern.CASE_INSENSITIVE);

    static Optional<CheckpointName> parse(String name) {
        if (SIDE.matcher(name).matches()) return Optional.empty();
        Matcher backup = ONE_TRAINER.matcher(name);
        if (backup.matches())
            return Optional.of(new CheckpointName(
                    name, "*-backup-N-*", "*-backup-{time}-*", "step", Long.parseLong(backup.group(1))));
        List<NamedNumber> places = NamedNumber.inFolder(name);
        Matcher filled = FILLED.matcher(name);
        if (places.stream().allMatch(NamedNumber::measures)) {
            if (!filled.matches() || SIDE_BY_SIDE.matcher(name).matches()) return Optional.empty();
            places = List.of(new NamedNumber("", filled.start(1), filled.start(1), filled.end(1)));
        }
        NamedNumber clock = places.stream()
                .filter(place -> !place.measures())
                .reduce((first, other) -> other.isBetterThan(first) ? other : first)
                .orElse(places.getFirst());
        StringBuilder family = new StringBuilder();
        StringBuilder pattern = new StringBuilder();
        int done = 0;
        for (NamedNumber place : places) {
            String before = name.substring(done, place.start());
            family.append(before).append('N');
            pattern.append(before).append(place == clock ? "{time}" : "*");
            done = place.end();
        }
        String rest = name.substring(done);
        return Optional.of(new CheckpointName(
                name,
                family.append(rest).toString(),
                pattern.append(rest).toString(),
                clock.word(),
                NamedNumber.value(name.substring(clock.start(), clock.end()))));
    }

    /** That of the folder in which a run's file lies, by its path from the run's folder. */
    static Optional<CheckpointName> ofFolder(String path) {
        int slash = path.indexOf('/');
        return slash < 0 ? Optional.empty() : parse(path.substring(0, slash));
    }

    /** Whether the number counts epochs. */
    boolean countsEpochs() {
        return word.startsWith("ep");
    }

    /** The family without all numbers: where names differ in these, too, they alone do not say which are a run. */
    String shape() {
        return LeftOut.shape(family);
    }
}
