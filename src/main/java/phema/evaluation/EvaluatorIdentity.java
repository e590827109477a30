package phema.evaluation;

import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Tells an evaluator from all that could give other metrics of the same weights.
 *
 * @param text stands for it in the identity of an evaluation, see {@link EvaluationTask#identity}
 * @param settings the same in words, by the names that {@code phema.evaluators.NAME} has for them; of files the first
 *     digits of their SHA-256, {@link #UNKNOWN} for one that is not on this host
 */
public record EvaluatorIdentity(String text, SortedMap<String, String> settings) {
    /** The value of a setting that this host cannot tell. */
    public static final String UNKNOWN = "?";

    public EvaluatorIdentity(String text, Map<String, String> settings) {
        this(text, Collections.unmodifiableSortedMap(new TreeMap<>(settings)));
    }
}
