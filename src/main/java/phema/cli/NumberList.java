package phema.cli;

import java.util.List;
import phema.profile.Numbers;
import picocli.CommandLine.TypeConversionException;

/** Reads {@link Numbers} of an option. */
record NumberList(List<Double> values) {
    static NumberList parse(String text) {
        try {
            return new NumberList(Numbers.parse(text));
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException(e.getMessage());
        }
    }
}
