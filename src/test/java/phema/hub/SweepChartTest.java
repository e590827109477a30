package phema.hub;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.StringReader;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.xml.sax.InputSource;
import phema.evaluation.Axes;
import phema.evaluation.AxisValues;
import phema.evaluation.Point;
import phema.evaluation.Seeds;
import phema.fleet.Takers;
import phema.fleet.WorkState;
import phema.solver.FilesToRead;
import phema.solver.SolverKind;
import phema.sweep.Optimum;
import phema.sweep.Sweep;
import phema.sweep.SweepDescription;
import phema.sweep.SweepJob;
import phema.sweep.SweepSpec;
import phema.sweep.SweepState;
import phema.sweep.Trial;
import phema.text.StoredJson;

class SweepChartTest {
    @Test
    void hasALineForEachGuidanceAndMarksTheOptimum() throws Exception {
        List<Trial> trials = new ArrayList<>();
        for (double guidance : new double[] {1, 1.4})
            for (double sigmaRel : new double[] {0.05, 0.1, 0.15})
                for (long seed : new long[] {0, 1000})
                    trials.add(trial(trials.size(), point(sigmaRel, guidance, seed), 3 + seed / 1000.0));
        trials.add(new Trial(
                "s",
                12,
                point(0.2, 1, 0),
                WorkState.FAILED,
                1,
                Optional.empty(),
                Map.of(),
                false,
                Optional.of("x"),
                Optional.empty(),
                Optional.empty(),
                1));
        Optimum optimum = new Optimum(point(0.1, 1.4, 0), 3.5, Optional.empty(), 0.05, 0.15);

        Document svg = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new InputSource(new StringReader(SweepChart.of(sweep(optimum), trials))));

        var lines = svg.getElementsByTagName("polyline");
        assertThat(lines.getLength()).isEqualTo(2);
        String[] points = lines.item(1)
                .getAttributes()
                .getNamedItem("points")
                .getNodeValue()
                .split(" ");
        assertThat(points).hasSize(3);
        var circle = svg.getElementsByTagName("circle").item(0).getAttributes();
        assertThat(points[1])
                .isEqualTo(circle.getNamedItem("cx").getNodeValue() + ","
                        + circle.getNamedItem("cy").getNodeValue());
        assertThat(svg.getDocumentElement().getTextContent()).contains("fid<2", "guidance 1.4 at 1000");
    }

    private static Point point(double sigmaRel, double guidance, long seed) {
        return AxisValues.NONE
                .with(Axes.LENGTH, List.of(sigmaRel))
                .with(Axes.TIME, List.of(1000.0))
                .with(Axes.GUIDANCE, List.of(guidance))
                .with(Axes.SEEDS, List.of(new Seeds(seed, seed + 999)))
                .grid()
                .getFirst();
    }

    private static Trial trial(int number, Point point, double fid) {
        return new Trial(
                "s",
                number,
                point,
                WorkState.DONE,
                1,
                Optional.empty(),
                Map.of("fid<2", fid),
                false,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                1);
    }

    private static Sweep sweep(Optimum optimum) {
        SweepSpec spec = new SweepSpec(
                "run",
                SweepSpec.SweepMode.GRID,
                AxisValues.NONE
                        .with(Axes.LENGTH, List.of(0.05, 0.1, 0.15, 0.2))
                        .with(Axes.GUIDANCE, List.of(1.0, 1.4))
                        .with(Axes.SEEDS, List.of(new Seeds(0, 999), new Seeds(1000, 1999))),
                "builtin",
                "fid@2",
                SolverKind.BLUP,
                FilesToRead.FEWEST,
                0.01,
                0);
        return new Sweep(
                "s",
                SweepDescription.NONE,
                // as older versions stored it, which took all names
                StoredJson.read(StoredJson.write(spec).replace("fid@2", "fid<2"), SweepSpec.class),
                SweepState.DONE,
                Map.of(WorkState.DONE, 12),
                Optional.of(optimum),
                Optional.empty(),
                Optional.empty(),
                Instant.EPOCH,
                Optional.of(Instant.EPOCH),
                Map.of(),
                Optional.empty(),
                new Takers(0, List.of()),
                Optional.empty(),
                new SweepJob(Optional.empty(), Optional.empty()),
                1);
    }
}
