package phema.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import phema.evaluation.Axes;
import phema.evaluation.AxisValues;
import phema.evaluation.Point;
import phema.evaluation.Seeds;
import phema.fleet.WorkState;
import phema.solver.FilesToRead;
import phema.solver.SolverKind;
import phema.sweep.SweepSpec;
import phema.sweep.Trial;

class TrialTableTest {
    private static final SweepSpec SPEC = spec("fid,accuracy:max");

    private static SweepSpec spec(String metrics) {
        return new SweepSpec(
                "run",
                SweepSpec.SweepMode.GRID,
                AxisValues.NONE
                        .with(
                                Axes.LENGTH,
                                IntStream.rangeClosed(1, 120)
                                        .mapToObj(i -> i / 1000.0)
                                        .toList())
                        .with(Axes.TIME, List.of(1e6))
                        .with(Axes.GUIDANCE, List.of(1.0))
                        .with(Axes.SEEDS, List.of(new Seeds(0, 7))),
                "mine",
                metrics,
                SolverKind.BLUP,
                FilesToRead.FEWEST,
                0.02,
                0);
    }

    /** Every tenth has failed; of the others fid falls and accuracy grows with the number. */
    private static List<Trial> trials(int count) {
        List<Trial> trials = new ArrayList<>();
        List<Point> points = SPEC.axes().grid();
        for (int i = 0; i < count; i++) {
            boolean failed = i % 10 == 9;
            trials.add(new Trial(
                    "s",
                    i,
                    points.get(i),
                    failed ? WorkState.FAILED : WorkState.DONE,
                    1,
                    Optional.of("host:1:a"),
                    failed ? Map.of() : Map.of("fid", 200.0 - i, "accuracy", i / 200.0, "kid", 1.0),
                    false,
                    failed ? Optional.of("ended with status 1\nout of memory") : Optional.empty(),
                    Optional.of(Instant.ofEpochSecond(i)),
                    Optional.of(Instant.ofEpochSecond(2L * i)),
                    1));
        }
        return trials;
    }

    private static TrialTable table(int count, Map<String, String> asked) {
        List<Trial> trials = trials(count);
        ChartSlice slice = ChartSlice.of(SPEC, trials, Optional.empty(), Map.of());
        return TrialTable.of(SPEC, "s", trials, slice, new RunClock("Mimg", 1e6), asked);
    }

    private static List<Integer> numbers(TrialTable table) {
        return table.rows().stream().map(TrialRow::number).toList();
    }

    @Test
    void hasPagesOfFiftyByNumber() {
        TrialTable first = table(120, Map.of());
        assertThat(numbers(first)).hasSize(50).startsWith(0, 1).endsWith(48, 49);
        assertThat(first.pages()).isEqualTo(3);
        assertThat(numbers(table(120, Map.of("page", "2")))).hasSize(20).startsWith(100);
        assertThat(first.notices()).isEmpty();
    }

    @Test
    void sortsByAnyColumnWithWhatIsLackingLast() {
        TrialTable best = table(20, Map.of("sort", table(20, Map.of()).best()));
        assertThat(numbers(best)).startsWith(18, 17).endsWith(9, 19);
        assertThat(numbers(table(20, Map.of("sort", "-metric.fid"))))
                .startsWith(0, 1)
                .endsWith(9, 19);
        assertThat(numbers(table(20, Map.of("sort", "-duration")))).startsWith(19, 18);
        assertThat(numbers(table(20, Map.of("sort", "-sigma_rel")))).startsWith(19, 18);
    }

    @Test
    void aColumnLeadsToTheBestFirst() {
        TrialTable table = table(20, Map.of("sort", "metric.fid"));
        assertThat(table.columns())
                .extracting(TrialTable.TrialColumn::label)
                .containsExactly("Trial", "EMA length", "Seeds", "fid", "accuracy", "kid", "State", "Host", "Duration");
        assertThat(table.columns())
                .filteredOn(column -> column.label().equals("fid"))
                .allSatisfy(fid -> {
                    assertThat(fid.order()).isEqualTo("ascending");
                    assertThat(fid.sort()).isEqualTo("-metric.fid");
                });
        assertThat(table.columns())
                .filteredOn(column -> column.label().equals("accuracy"))
                .allSatisfy(accuracy -> assertThat(accuracy.sort()).isEqualTo("-metric.accuracy"));
    }

    @Test
    void filtersByStateAndSaysWhyTrialsFailed() {
        TrialTable failed = table(20, Map.of("state", "failed"));
        assertThat(numbers(failed)).containsExactly(9, 19);
        assertThat(failed.reasons()).isTrue();
        assertThat(failed.rows()).extracting(TrialRow::reason).containsOnly("out of memory");
        assertThat(failed.filters())
                .containsExactly(
                        new TrialTable.TrialFilter("", "all", 20, false),
                        new TrialTable.TrialFilter("failed", "failed", 2, true),
                        new TrialTable.TrialFilter("done", "done", 18, false));
    }

    @Test
    void saysWhatItsAddressAsksForAndThereIsNot() {
        TrialTable gone = table(60, Map.of("state", "lost", "sort", "loss", "page", "9"));
        assertThat(gone.notices()).hasSize(3).allMatch(notice -> notice.matches(".*(lost|loss|last one).*"));
        assertThat(numbers(gone)).startsWith(50).hasSize(10);
        assertThat(table(60, Map.of("page", "many")).notices())
                .singleElement()
                .asString()
                .contains("many");
    }

    @Test
    void addressesKeepWhatElseTheySay() {
        TrialTable table = table(120, Map.of("guidance", "1 & 2", "sort", "-metric.fid", "page", "1", "version", "7"));
        assertThat(table.query("failed", table.sort(), 2))
                .isEqualTo("?guidance=1%20%26%202&state=failed&sort=-metric.fid&page=2");
        assertThat(table(5, Map.of()).query("", "", 0)).isEqualTo("?");
    }
}
