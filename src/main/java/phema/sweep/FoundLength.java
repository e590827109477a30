package phema.sweep;

import static java.util.stream.Collectors.joining;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedMap;
import phema.evaluation.Axes;
import phema.evaluation.MetricGoal;
import phema.evaluation.ParamValue;
import phema.evaluation.Point;
import phema.profile.ProfileFamily;
import phema.profile.SigmaRel;
import phema.text.Labels;

/**
 * Gives the average that a sweep found best when it ended, and what that rests on.
 *
 * @param id grows from one that was found to the next
 * @param goal the metric and its direction
 * @param settings digits that are equal for equal settings of the evaluator; empty where they are not known
 * @param images how many each evaluation has, ascending, where evaluations differ in it; none where it is not known
 * @param evidence empty where an older version found it, which kept none
 * @param training stands for the files of the runs that were evaluated; empty where nobody knows
 */
public record FoundLength(
        long id,
        String sweep,
        @JsonProperty("metric") MetricGoal goal,
        String evaluator,
        Optional<String> settings,
        List<Long> images,
        Optimum optimum,
        Optional<Evidence> evidence,
        Optional<String> training) {
    private static final int DIGITS = 5;

    public FoundLength {
        images = List.copyOf(images);
    }

    /**
     * What a sweep that has ended found: the best length of all, and the best one without guidance where that was with
     * it, or the other way round. None where nothing was measured.
     */
    static List<FoundLength> of(
            String sweep, SweepSpec spec, Optional<String> settings, Optional<String> training, List<Trial> trials) {
        List<FoundLength> found = new ArrayList<>();
        Optima.of(spec, trials).ifPresent(best -> {
            found.add(of(sweep, spec, settings, training, trials, best));
            boolean other = !isGuided(best.point());
            Optima.of(
                            spec,
                            trials.stream()
                                    .filter(t -> isGuided(t.point()) == other)
                                    .toList())
                    // A search may take its best point for one that was not evaluated.
                    .filter(optimum -> isGuided(optimum.point()) == other)
                    .ifPresent(optimum -> found.add(of(sweep, spec, settings, training, trials, optimum)));
        });
        return found.stream().filter(f -> Double.isFinite(f.value())).toList();
    }

    private static FoundLength of(
            String sweep,
            SweepSpec spec,
            Optional<String> settings,
            Optional<String> training,
            List<Trial> trials,
            Optimum optimum) {
        return new FoundLength(
                0,
                sweep,
                spec.goal(),
                spec.evaluator(),
                settings,
                Evidence.basis(spec, trials, optimum).stream()
                        .map(trial -> trial.point().seeds().count())
                        .distinct()
                        .sorted()
                        .toList(),
                optimum,
                Optional.of(Evidence.of(spec, trials, optimum)),
                training);
    }

    static boolean isGuided(Point point) {
        return point.guidance() != 1;
    }

    FoundLength withId(long known) {
        return new FoundLength(known, sweep, goal, evaluator, settings, images, optimum, evidence, training);
    }

    FoundLength withSweep(String other) {
        return new FoundLength(id, other, goal, evaluator, settings, images, optimum, evidence, training);
    }

    /** Its name. */
    public String metric() {
        return goal.name();
    }

    /** The average, as {@link phema.profile.ProfileSpec} reads it. */
    public String profile() {
        return optimum.point().profile();
    }

    /** Where the average ends, on the training job's clock. */
    public double time() {
        return optimum.point().time();
    }

    /** Of the metric, as it is expected there. */
    public double value() {
        return optimum.metric();
    }

    public double guidance() {
        return optimum.point().guidance();
    }

    public boolean guided() {
        return isGuided(optimum.point());
    }

    /** By names, as texts; of the best point. */
    public SortedMap<String, ParamValue> params() {
        return optimum.point().get(Axes.PARAMS);
    }

    /** Why it is not taken without its user's word, each as a sentence without its stop; none where it is. */
    public List<String> cautions() {
        return evidence.map(e -> e.cautions(kind())).orElse(List.of());
    }

    /** What is not known of it, as a sentence without its stop; empty where all is. */
    public Optional<String> lacks() {
        if (evidence.isEmpty())
            return Optional.of("an older version of phema found it, which kept neither how many trials it rests on nor"
                    + " which settings its evaluator had");
        return settings.isEmpty() ? Optional.of("which settings its evaluator had is not known") : Optional.empty();
    }

    /** {@code fid 2.31 (standard error 0.02) by mine, without guidance, from 21 trials of 7 EMA lengths, ...}. */
    public String words() {
        StringBuilder words = new StringBuilder(metric() + " " + valueInWords());
        optimum.standardError()
                .ifPresent(e ->
                        words.append(" (standard error ").append(number(e, 2)).append(')'));
        words.append(" by ").append(evaluator);
        words.append(guided() ? ", guidance " + Labels.plain(guidance()) : ", without guidance");
        optimum.point()
                .guide()
                .filter(guide -> guided())
                .ifPresent(guide ->
                        words.append(" by ").append(guide.run()).append(' ').append(SigmaRel.print(guide.sigmaRel())));
        params().forEach((name, value) ->
                words.append(", ").append(name).append(' ').append(value));
        evidence.ifPresent(e -> words.append(", from ")
                .append(counted(e.trials(), "trial"))
                .append(" of ")
                .append(kind().counted(e.lengths()))
                .append(e.measured()
                        .map(n -> ", " + n + " of them brought along")
                        .orElse("")));
        if (!images.isEmpty()) words.append(", ").append(imageCounts()).append(" images each");
        if (optimum.low() < optimum.high())
            words.append("; the best ")
                    .append(isPower() ? "length" : kind().noun())
                    .append(" lies between ")
                    .append(range());
        return words.toString();
    }

    /** {@code 0.092 and 0.121}. */
    String range() {
        ProfileFamily family = optimum.point().family();
        return family.print(optimum.low()) + " and " + family.print(optimum.high());
    }

    ProfileFamily.LengthKind kind() {
        return optimum.point().family().kind();
    }

    private boolean isPower() {
        return optimum.point().family().isPower();
    }

    /** {@code 512 or 1,024}. */
    String imageCounts() {
        return images.stream().map(n -> String.format(Locale.ROOT, "%,d", n)).collect(joining(" or "));
    }

    static String counted(long count, String noun) {
        return count + " " + noun + (count == 1 ? "" : "s");
    }

    String valueInWords() {
        return number(value(), DIGITS);
    }

    private static String number(double value, int digits) {
        return Double.isFinite(value)
                ? BigDecimal.valueOf(value)
                        .round(new MathContext(digits))
                        .stripTrailingZeros()
                        .toPlainString()
                : "unknown";
    }
}
