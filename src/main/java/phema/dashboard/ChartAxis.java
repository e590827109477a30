package phema.dashboard;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Describes an axis of a chart.
 *
 * @param format of its values, as D3 writes formats: {@code .3f}
 * @param categories names of the values 0, 1, 2, ...
 * @param from where it begins, or as the data want it
 */
record ChartAxis(
        String label,
        String scale,
        String format,
        @Nullable List<String> categories,
        @Nullable Double from,
        @Nullable Double to) {
    static ChartAxis linear(String label, String format) {
        return new ChartAxis(label, "linear", format, null, null, null);
    }

    static ChartAxis log(String label, String format) {
        return new ChartAxis(label, "log", format, null, null, null);
    }

    static ChartAxis of(String label, List<String> categories) {
        return new ChartAxis(label, "band", "", List.copyOf(categories), null, null);
    }

    ChartAxis from(double lowest) {
        return new ChartAxis(label, scale, format, categories, lowest, to);
    }

    ChartAxis within(double lowest, double highest) {
        return new ChartAxis(label, scale, format, categories, lowest, highest);
    }
}
