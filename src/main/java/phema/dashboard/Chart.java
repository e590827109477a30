package phema.dashboard;

import static com.fasterxml.jackson.annotation.JsonInclude.Include.NON_NULL;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * Describes what {@code chart.js} draws, or a part of it: all charts of a page that go by one id are drawn as one, so
 * that a part can be exchanged alone.
 *
 * @param id of the figure
 * @param x without one where another part has it
 * @param z what colours tell, if they do
 */
record Chart(
        String id,
        @Nullable ChartAxis x,
        @Nullable ChartAxis y,
        @Nullable ChartAxis z,
        List<ChartLayer> layers) {
    private static final JsonMapper JSON = JsonMapper.builder()
            .changeDefaultPropertyInclusion(any -> JsonInclude.Value.construct(NON_NULL, NON_NULL))
            .build();

    Chart(String id, @Nullable ChartAxis x, @Nullable ChartAxis y, List<ChartLayer> layers) {
        this(id, x, y, null, layers);
    }

    Chart {
        layers = List.copyOf(layers);
    }

    public String json() {
        return JSON.writeValueAsString(this);
    }
}
