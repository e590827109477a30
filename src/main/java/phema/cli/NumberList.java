package phema.cli;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.TypeConversionException;

/** Numbers as EDM2's scripts take them: {@code 0.05,0.10}, or {@code 0.010,0.015,...,0.250} for all steps between. */
record NumberList(List<Double> values) {
    private static final int MOST = 100_000;

    static NumberList parse(String text) {
        String[] words = text.split(",", -1);
        List<BigDecimal> numbers = new ArrayList<>();
        for (int i = 0; i < words.length; i++) {
            if (!words[i].strip().equals("...")) {
                numbers.add(number(words[i], text));
                continue;
            }
            if (numbers.size() < 2 || i != words.length - 2)
                throw new TypeConversionException(
                        "'" + text + "': '...' stands between a second and a last number, as in 0.010,0.015,...,0.250");
            BigDecimal last = number(words[i + 1], text);
            BigDecimal step = numbers.getLast().subtract(numbers.get(numbers.size() - 2));
            if (step.signum() == 0 || last.subtract(numbers.getLast()).signum() == -step.signum())
                throw new TypeConversionException("'" + text + "' never arrives at " + last);
            for (BigDecimal next = numbers.getLast().add(step);
                    last.subtract(next).signum() == step.signum();
                    next = next.add(step)) {
                numbers.add(next);
                if (numbers.size() > MOST)
                    throw new TypeConversionException("'" + text + "' has more than " + MOST + " numbers");
            }
        }
        return new NumberList(
                numbers.stream().map(BigDecimal::doubleValue).distinct().toList());
    }

    private static BigDecimal number(String word, String text) {
        try {
            return new BigDecimal(word.strip());
        } catch (NumberFormatException e) {
            throw new TypeConversionException("'" + word + "' in '" + text + "' is not a number");
        }
    }
}
