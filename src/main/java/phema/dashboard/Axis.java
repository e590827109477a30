package phema.dashboard;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An axis of a chart.
 *
 * @param format of its values, as D3 writes formats: {@code .3f}
 * @param categories names of the values 0, 1, 2, ...
 * @param from where it begins, or as the data want it
 */
record Axis(
        String label,
        String scale,
        String format,
        @Nullable List<String> categories,
        @Nullable Double from,
        @Nullable Double to) {
    static Axis linear(String label, String format) {
        return new Axis(label, "linear", format, null, null, null);
    }

    static Axis log(String label, String format) {
        return new Axis(label, "log", format, null, null, null);
    }

    static Axis of(String label, List<String> categories) {
        return new Axis(label, "band", "", List.copyOf(categories), null, null);
    }

    Axis from(double lowest) {
        return new Axis(label, scale, format, categories, lowest, to);
    }

    Axis within(double lowest, double highest) {
        return new Axis(label, scale, format, categories, lowest, highest);
    }
}
