package phema.sweep;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import phema.evaluation.Guides;
import phema.evaluation.Point;
import phema.evaluation.Seeds;
import phema.solver.FilesToRead;
import phema.solver.SolverKind;
import phema.text.StoredJson;

/** Texts that a database made before axes were a list holds. */
class StoredSweepTest {
    private static final String SPEC = """
            {"run":"edm2","mode":"GRID","sigmaRel":[0.05,0.1],"time":[262144.0],"guidance":[1.0,1.4],\
            "guides":[{"run":"small","sigmaRel":[0.07],"time":[131072.0]}],"seeds":["0-63","64-127"],\
            "evaluator":"length","metric":"fid","solver":"PAPER","files":"ALL","tolerance":0.05,"priority":3}""";

    private static final String GUIDED = """
            {"sigmaRel":0.05,"time":262144.0,"guidance":1.4,\
            "guide":{"run":"small","sigmaRel":0.07,"time":131072.0},"seeds":"0-63"}""";

    private static final String UNGUIDED =
            "{\"sigmaRel\":0.05,\"time\":262144.0,\"guidance\":1.0,\"guide\":null,\"seeds\":\"0-63\"}";

    @Test
    void aSpecIsReadAndWrittenAgain() {
        SweepSpec spec = StoredJson.read(SPEC, SweepSpec.class);
        assertThat(spec.run()).isEqualTo("edm2");
        assertThat(spec.mode()).isEqualTo(SweepSpec.SweepMode.GRID);
        assertThat(spec.lengths()).containsExactly(0.05, 0.1);
        assertThat(spec.time()).containsExactly(262144.0);
        assertThat(spec.guidance()).containsExactly(1.0, 1.4);
        assertThat(spec.guides()).containsExactly(new Guides("small", List.of(0.07), List.of(131072.0)));
        assertThat(spec.seeds()).containsExactly(new Seeds(0, 63), new Seeds(64, 127));
        assertThat(spec.solver()).isEqualTo(SolverKind.PAPER);
        assertThat(spec.files()).isEqualTo(FilesToRead.ALL);
        assertThat(List.of(spec.evaluator(), spec.metric())).containsExactly("length", "fid");
        assertThat(spec.tolerance()).isEqualTo(0.05);
        assertThat(spec.priority()).isEqualTo(3);
        assertThat(StoredJson.read(StoredJson.write(spec), SweepSpec.class)).isEqualTo(spec);
    }

    /** Another text would be another point to the database. */
    @Test
    void pointsKeepTheirTexts() {
        for (String text : List.of(GUIDED, UNGUIDED))
            assertThat(StoredJson.write(StoredJson.read(text, Point.class))).isEqualTo(text);
        SweepSpec spec = StoredJson.read(SPEC, SweepSpec.class);
        assertThat(spec.axes().grid())
                .hasSize(8)
                .contains(StoredJson.read(GUIDED, Point.class))
                .doesNotContain(StoredJson.read(UNGUIDED, Point.class));
    }

    @Test
    void anOptimumIsRead() {
        Optimum optimum = StoredJson.read(
                "{\"point\":" + UNGUIDED + ",\"metric\":2.5,\"standardError\":null,\"low\":0.04,\"high\":0.06}",
                Optimum.class);
        assertThat(optimum.point().length()).isEqualTo(0.05);
        assertThat(optimum.point().guide()).isEmpty();
        assertThat(optimum.standardError()).isEqualTo(Optional.empty());
    }

    @Test
    void otherAveragesAreNamedInTheirPlace() {
        String text = SPEC.replace(
                "\"sigmaRel\":[0.05,0.1],\"time\"",
                "\"profile\":\"decay:cosine:{},floor=0.1\",\"length\":[800,1600.5],\"time\"");
        SweepSpec spec = StoredJson.read(text, SweepSpec.class);
        assertThat(spec.axes().family().template()).isEqualTo("decay:cosine:{},floor=0.1");
        assertThat(spec.lengths()).containsExactly(800.0, 1600.5);
        assertThat(StoredJson.read(StoredJson.write(spec), SweepSpec.class)).isEqualTo(spec);
        assertThat(StoredJson.write(spec)).doesNotContain("\"sigmaRel\":[800");
        Point point = spec.axes().grid().getFirst();
        assertThat(point.profile()).isEqualTo("decay:cosine:800,floor=0.1");
        assertThat(StoredJson.write(point))
                .startsWith("{\"profile\":\"decay:cosine:800,floor=0.1\",\"time\":262144.0,");
        assertThat(StoredJson.read(StoredJson.write(point), Point.class)).isEqualTo(point);
        assertThat(Point.read(point.fields())).isEqualTo(point);
        assertThat(point)
                .isNotEqualTo(
                        StoredJson.read(SPEC, SweepSpec.class).axes().grid().getFirst());
    }
}
