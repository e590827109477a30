package phema.sweep;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import phema.evaluation.EvaluationException;

/**
 * Groups trials that failed of one cause.
 *
 * @param line of the error that matters, of the first of them
 * @param count how many there are
 * @param trial the number of the first
 */
public record FailureCause(String line, int count, int trial) {
    private static final String CAUSED_BY = "Caused by: ";

    /** The words that we have for programs that alone know why they failed. */
    private static final Pattern UNEXPLAINED = Pattern.compile("ended with status \\d+");

    private static final String TRACEBACK = "Traceback (most recent call last)";

    /** The parts that differ between trials although the cause is one: sizes, addresses, numbers of processes. */
    private static final Pattern NUMBERS = Pattern.compile("0x[0-9a-fA-F]+|\\d+([.,]\\d+)*");

    /** The most frequent first. @param errors by the numbers of trials */
    public static List<FailureCause> of(Map<Integer, String> errors) {
        Map<String, FailureCause> causes = new LinkedHashMap<>();
        errors.forEach((trial, error) -> {
            String line = line(error);
            causes.merge(
                    NUMBERS.matcher(line).replaceAll("#"),
                    new FailureCause(line, 1, trial),
                    (known, next) -> new FailureCause(known.line, known.count + 1, known.trial));
        });
        List<FailureCause> all = new ArrayList<>(causes.values());
        all.sort(Comparator.comparingInt(FailureCause::count).reversed());
        return List.copyOf(all);
    }

    /**
     * The line that matters: ours, where we know why; else that of the program: the root cause of Java's, the one
     * behind the frames of Python's, of all others the last.
     */
    public static String line(String error) {
        List<String> lines = error.lines().filter(line -> !line.isBlank()).toList();
        int output = lines.indexOf(EvaluationException.OUTPUT);
        if (output > 0 && !UNEXPLAINED.matcher(lines.getFirst()).matches())
            return lines.getFirst().strip();
        if (lines.isEmpty()) return "no reason was given";
        for (String line : lines.reversed())
            if (line.strip().startsWith(CAUSED_BY)) return line.strip().substring(CAUSED_BY.length());
        for (int i = lines.size() - 1; i >= 0; i--)
            if (lines.get(i).contains(TRACEBACK))
                return lines.subList(i + 1, lines.size()).stream()
                        .filter(line -> !Character.isWhitespace(line.charAt(0)))
                        .findFirst()
                        .orElse(lines.getLast())
                        .strip();
        return lines.getLast().strip();
    }

    /** Whether a trial's error says that its sweep was stopped, as its evaluator does not give the sweep's metrics. */
    public static boolean isOfUnknownMetric(String error) {
        return error.endsWith(Trials.STOPPED);
    }
}
