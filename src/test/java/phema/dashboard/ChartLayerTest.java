package phema.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import phema.dashboard.ChartLayer.ChartPoint;

class ChartLayerTest {
    private static ChartLayer layer(int points) {
        List<ChartPoint> all = IntStream.range(0, points)
                .mapToObj(i -> ChartPoint.of(i, i == 1234 ? 9 : 1))
                .toList();
        return new ChartLayer(ChartLayer.LayerKind.POINTS, "0.050", 1, all);
    }

    @Test
    void ofManyPointsTheHighestOfEachStretchIsDrawnAndSaid() {
        ChartLayer thinned = layer(25_001).thinned();
        assertThat(thinned.points()).hasSize(1000).isSortedAccordingTo((a, b) -> Double.compare(a.x(), b.x()));
        assertThat(thinned.points()).extracting(ChartPoint::x).contains(1234.0, 25_000.0);
        assertThat(thinned.name()).isEqualTo("0.050, 1,000 of 25,001");
    }

    @Test
    void fewPointsAreAllDrawn() {
        ChartLayer few = layer(1000);
        assertThat(few.thinned()).isSameAs(few);
    }
}
