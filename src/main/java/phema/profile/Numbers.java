package phema.profile;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads lists of numbers as EDM2's scripts take them: {@code 0.05,0.10}, or {@code 0.010,0.015,...,0.250} for all steps
 * between.
 */
public final class Numbers {
    private static final int MOST = 100_000;
    private static final int MOST_DIGITS = 40;

    private Numbers() {}

    /** @throws IllegalArgumentException saying what is wrong with the list */
    public static List<Double> parse(String text) {
        String[] words = text.split(",", -1);
        List<BigDecimal> numbers = new ArrayList<>();
        for (int i = 0; i < words.length; i++) {
            if (!words[i].strip().equals("...")) {
                numbers.add(number(words[i], text));
                continue;
            }
            if (i < 2 || words[i - 2].strip().equals("...") || i == words.length - 1)
                throw new IllegalArgumentException(
                        "'" + text + "': '...' stands between two numbers and a last one, as in 0.010,0.015,...,0.250");
            addBetween(numbers, number(words[i + 1], text), text);
        }
        return numbers.stream().map(BigDecimal::doubleValue).distinct().toList();
    }

    private static void addBetween(List<BigDecimal> numbers, BigDecimal last, String text) {
        BigDecimal first = numbers.getLast();
        BigDecimal step = first.subtract(numbers.get(numbers.size() - 2));
        if (step.signum() == 0 || last.subtract(first).signum() == -step.signum())
            throw new IllegalArgumentException("'" + text + "' never arrives at " + last);
        double steps = last.subtract(first).divide(step, MathContext.DECIMAL64).doubleValue();
        if (steps > MOST) throw new IllegalArgumentException("'" + text + "' has more than " + MOST + " numbers");
        if (Math.abs(steps - Math.rint(steps)) > 1e-4)
            throw new IllegalArgumentException(
                    "'" + text + "': no whole number of steps of " + step + " leads from " + first + " to " + last);
        for (int k = 1; k < Math.rint(steps); k++) numbers.add(first.add(step.multiply(BigDecimal.valueOf(k))));
    }

    private static BigDecimal number(String word, String text) {
        BigDecimal number;
        try {
            number = new BigDecimal(word.strip());
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("'" + word + "' in '" + text + "' is not a number");
        }
        if (number.precision() > MOST_DIGITS
                || Math.abs(number.scale()) > MOST_DIGITS) // exact sums would fill the memory
        throw new IllegalArgumentException("'" + word + "' in '" + text + "' has more than " + MOST_DIGITS + " digits");
        return number;
    }
}
