package phema.catalog;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads the name of a numbered checkpoint: {@code step-00016384.safetensors}, {@code model_000123.pt};
 * {@code NAME-000010.safetensors} (epochs) and {@code NAME-step00001000.safetensors} of sd-scripts and musubi-tuner. At
 * least three digits, or a word for what is counted before them, so that {@code sd-v1-4.ckpt} is none.
 *
 * @param prefix all before the number, with N for an epoch in it
 */
record NumberedName(String fileName, String prefix, long number) {
    private static final String EXTENSION = "\\.((?:safetensors|bin|pt|pth)(?:\\.index\\.json)?|pth\\.tar|ckpt)";
    private static final Pattern NAME = Pattern.compile(
            "((?![.])(?:.*[^\\d.])?)(\\d{3,15}|(?<=(?:step|epoch|iter|checkpoint|ckpt)s?[-_=]?)\\d{1,15})" + EXTENSION);
    private static final Pattern LAST = Pattern.compile("(.*)" + EXTENSION);

    /**
     * The form of names with several counters, of which the step is the clock: {@code epoch=3-step=4000.ckpt} of
     * Lightning.
     */
    private static final Pattern EPOCH_AND_STEP =
            Pattern.compile("((?![.]).*?epoch[-_=]?)\\d{1,9}([-_].*?step[-_=]?)(\\d{1,15})" + EXTENSION);

    /** The form of composer's names, of which every rank but the first holds no weights. */
    private static final Pattern COMPOSER =
            Pattern.compile("((?![.])(?:.*[^a-z])?ep)\\d{1,9}(-ba)(\\d{1,15})(?:-rank0)?" + EXTENSION);

    /** The form of names of denoising-diffusion-pytorch, which count milestones; the step is in the file. */
    private static final Pattern MILESTONE = Pattern.compile("(model-)(\\d{1,6})\\.pt");

    private static final String STEP = "step";

    static Optional<NumberedName> parse(String fileName) {
        if (Questions.isOfOneTrainer(fileName)) return Optional.empty();
        Matcher milestone = MILESTONE.matcher(fileName);
        if (milestone.matches())
            return Optional.of(new NumberedName(fileName, milestone.group(1), Long.parseLong(milestone.group(2))));
        Matcher composer = COMPOSER.matcher(fileName);
        if (composer.matches())
            return Optional.of(new NumberedName(
                    fileName, composer.group(1) + "N" + composer.group(2), Long.parseLong(composer.group(3))));
        Matcher both = EPOCH_AND_STEP.matcher(fileName);
        if (both.matches())
            return Optional.of(
                    new NumberedName(fileName, both.group(1) + "N" + both.group(2), Long.parseLong(both.group(3))));
        Matcher m = NAME.matcher(fileName);
        if (!m.matches() || m.group(1).endsWith("-of-")) return Optional.empty();
        return Optional.of(new NumberedName(fileName, m.group(1), Long.parseLong(m.group(2))));
    }

    /** The prefix without its numbers: where files differ in these, too, names alone do not say which are a run. */
    String shape() {
        return LeftOut.shape(prefix);
    }

    /** The pattern of a manifest that such names match. */
    String pattern() {
        String rest = fileName.startsWith(prefix) ? fileName : fileName.replaceFirst("(ep(?:och)?[-_=]?)\\d+", "$1*");
        return rest.replaceFirst("\\d+((?:-rank0)?\\.[A-Za-z.]+)$", "{time}$1");
    }

    Candidate candidate() {
        return countsMilestones()
                ? new Candidate(fileName, number, "checkpoint", new Candidate.TimeInMetadata(STEP, number >= 100))
                : Candidate.ofNumbered(fileName, number);
    }

    /** Whether the number most likely is none of steps, which stand in the file. */
    boolean countsMilestones() {
        return MILESTONE.matcher(fileName).matches();
    }

    /** Whether this is what a training job that numbers its checkpoints calls its last: {@code NAME.safetensors}. */
    static boolean isLast(String fileName, String prefix) {
        Matcher m = LAST.matcher(fileName);
        return m.matches() && !m.group(1).isEmpty() && m.group(1).equals(name(prefix));
    }

    static Candidate last(String fileName, String prefix) {
        String key = prefix.endsWith("step") ? "ss_steps" : prefix.endsWith("_") ? "training_info" : "ss_epoch";
        return new Candidate(
                fileName, Double.POSITIVE_INFINITY, "checkpoint", new Candidate.TimeInMetadata(key, false));
    }

    private static String name(String prefix) {
        return prefix.replaceFirst("[-_.]?(step)?[-_.]?$", "");
    }
}
