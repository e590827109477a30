package phema.evaluation;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import phema.catalog.Run;
import phema.format.Format;
import phema.problem.Problem;

/**
 * Stands for an evaluator that is no process of ours: clients ask for its trials over HTTP, evaluate them wherever
 * they are, and tell the metrics. No setting names it; whoever starts a sweep does, as {@code remote:NAME} or
 * {@code remote:NAME@VERSION}.
 *
 * @param version stands for what determines the metrics; empty where there is one only
 */
public record RemoteEvaluator(String name, String version) implements Evaluator {
    /** The word for the kind, and with a colon the beginning of such evaluators' names. */
    public static final String TYPE = "remote";

    private static final String PREFIX = TYPE + ":";
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]{0,63}");
    private static final Pattern VERSION = Pattern.compile("[A-Za-z0-9_.+-]{0,64}");
    private static final Pattern TEXT = Pattern.compile("([^@]*)(?:@(.*))?", Pattern.DOTALL);

    /** @throws Problem when the name or the version holds what it may not */
    public RemoteEvaluator {
        if (!NAME.matcher(name).matches())
            throw Problem.invalid(
                    "evaluator",
                    "a remote evaluator's name has up to 64 letters, digits and _ . -, and begins with a letter or"
                            + " digit, unlike '" + name + "'");
        if (!VERSION.matcher(version).matches())
            throw Problem.invalid(
                    "evaluator",
                    "a remote evaluator's version has up to 64 letters, digits and _ . + -, unlike '" + version + "'");
    }

    /**
     * Reads what a sweep names as its evaluator; empty where that is none of these.
     *
     * @throws Problem when it begins like one, and cannot be one
     */
    public static Optional<RemoteEvaluator> parse(String evaluator) {
        if (!evaluator.startsWith(PREFIX)) return Optional.empty();
        Matcher parts = TEXT.matcher(evaluator.substring(PREFIX.length()));
        if (!parts.matches()) throw new IllegalStateException("anything matches");
        return Optional.of(new RemoteEvaluator(parts.group(1), parts.group(2) == null ? "" : parts.group(2)));
    }

    /** Whether a client that asks for {@code NAME}, of any version, or for {@code NAME@VERSION} means it. */
    public boolean isAskedFor(String asked) {
        String text = asked.startsWith(PREFIX) ? asked.substring(PREFIX.length()) : asked;
        return text.equals(name) || text.equals(name + "@" + version);
    }

    /** What a sweep names as its evaluator. */
    public String text() {
        return PREFIX + name + (version.isEmpty() ? "" : "@" + version);
    }

    @Override
    public EvaluatorIdentity identity(EvaluationSpec spec, Run run) {
        Map<String, String> shown = new TreeMap<>(Map.of("type", TYPE));
        if (!version.isEmpty()) shown.put("version", version);
        return new EvaluatorIdentity(text(), shown);
    }

    @Override
    public int retries() {
        return 1;
    }

    @Override
    public Optional<Format> format() {
        return Optional.empty();
    }

    /** Nothing of it begins on this host. */
    @Override
    public void requireStartable(EvaluationSpec spec, Run run) {}

    @Override
    public Map<String, Double> evaluate(EvaluationTask task, EvaluationLog log, Pictures pictures)
            throws EvaluationException {
        throw new EvaluationException("the trials of " + text() + " are for clients that ask for them");
    }
}
