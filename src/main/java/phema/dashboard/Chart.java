package phema.dashboard;

import static com.fasterxml.jackson.annotation.JsonInclude.Include.NON_NULL;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * Describes what {@code chart.js} draws, or a part of it: all charts of a page that go by one id are drawn as one, so
 * that a part can be exchanged alone.
 *
 * @param id of the figure
 * @param x without one where another part has it
 * @param y2 a second vertical axis, on the right
 * @param z what colours tell, if they do
 * @param source what it shows, and who else gives it; where another part says so, none
 */
record Chart(
        String id,
        @Nullable ChartAxis x,
        @Nullable ChartAxis y,
        @Nullable ChartAxis y2,
        @Nullable ChartAxis z,
        List<ChartLayer> layers,
        @Nullable ChartSource source) {
    private static final JsonMapper JSON = JsonMapper.builder()
            .changeDefaultPropertyInclusion(any -> JsonInclude.Value.construct(NON_NULL, NON_NULL))
            .build();

    Chart(String id, @Nullable ChartAxis x, @Nullable ChartAxis y, List<ChartLayer> layers) {
        this(id, x, y, null, null, layers, null);
    }

    Chart {
        layers = List.copyOf(layers);
    }

    Chart colouredBy(ChartAxis axis) {
        return new Chart(id, x, y, y2, axis, layers, source);
    }

    /** With series against an axis on the right. */
    Chart beside(ChartAxis axis, List<ChartLayer> others) {
        List<ChartLayer> all = Stream.concat(layers.stream(), others.stream().map(ChartLayer::onTheRight))
                .toList();
        return new Chart(id, x, y, axis, z, all, source);
    }

    Chart from(ChartSource whence) {
        return new Chart(id, x, y, y2, z, layers, whence);
    }

    public String json() {
        return JSON.writeValueAsString(this);
    }
}
