package phema.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import phema.TestWeights;
import phema.TestWeights.Entry;
import phema.format.WeightFiles;
import phema.tensor.DType;
import phema.tensor.Shape;
import phema.time.Ticker;

/** Which weights of a run are sampled. */
class RunSamplingTest {
    private static final int ROWS = 8000;
    private static final int WIDTH = 64;

    @TempDir
    Path folder;

    private final float[] table = values(ROWS * WIDTH);
    private final float[] norm = values(256);
    private final float[] frozen = values(4096);
    private final Random random = new Random(3);

    /** As where tokens are new, or inverted from pictures: two of 8000 rows, of which no usual sample has any. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aFewTrainedRowsAmongFrozenOnesAreSampled(boolean norms) throws IOException {
        for (int time = 100; time <= 800; time += 100) {
            move(table, 17, 0.1f);
            move(table, 911, 0.1f);
            if (norms) for (int row = 0; row < norm.length / WIDTH; row++) move(norm, row, 1e-3f);
            save(time);
        }
        Run run = RunScanner.scan(folder, Selection.DEFAULT);

        assertThat(run.notices()).noneMatch(notice -> notice.contains("equal"));
        double[] first = run.snapshots().getFirst().sample().values();
        double[] newest = run.newest().sample().values();
        assertThat(newest).hasSize(2 * WIDTH + (norms ? norm.length : 0));
        assertThat(Arrays.stream(newest).filter(value -> holds(table, 17, value) || holds(table, 911, value)))
                .hasSize(2 * WIDTH);
        for (int i = 0; i < newest.length; i++) assertThat(newest[i]).isNotEqualTo(first[i]);
    }

    /** What was sampled stays sampled when a file comes, whether it is parts of tensors or all. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void filesThatWereSampledAreNotReadAgain(boolean parts) throws IOException {
        RunScanner scanner = RunScanner.repeated(
                WeightFiles::read,
                anywhere -> true,
                new Settling(Duration.ZERO, InstantSource.system(), Ticker.SYSTEM));
        Scan scan = Scan.NONE;
        Map<String, RememberedFile> before = Map.of();
        for (int time = 100; time <= 600; time += 100) {
            for (int row = 0; row < (parts ? 1 : ROWS); row++) move(table, row, 0.01f);
            save(time);
            scan = scanner.scan("run", folder, Selection.DEFAULT, scan);
            if (time == 200) before = scan.known();
        }
        Map<String, RememberedFile> known = scan.known();
        assertThat(before)
                .hasSize(2)
                .allSatisfy((name, file) -> assertThat(known.get(name)).isSameAs(file));
        SortedMap<String, Shape> all = new TreeMap<>(Map.of("frozen.w", Shape.of(frozen.length)));
        all.put("norm.w", Shape.of(norm.length));
        all.put("table.w", Shape.of(ROWS, WIDTH));
        assertThat(known.values())
                .allSatisfy(file -> assertThat(((RememberedFile.Indexed) file.content())
                                .sampled("")
                                .orElseThrow()
                                .plan()
                                .equals(SamplePlan.of(all, 6).identity()))
                        .isEqualTo(!parts));
    }

    private void move(float[] values, int row, float step) {
        for (int i = row * WIDTH; i < (row + 1) * WIDTH; i++) values[i] += step * (float) random.nextGaussian();
    }

    private static boolean holds(float[] values, int row, double value) {
        for (int i = row * WIDTH; i < (row + 1) * WIDTH; i++) if (values[i] == value) return true;
        return false;
    }

    private static float[] values(int size) {
        float[] values = new float[size];
        Random random = new Random(size);
        for (int i = 0; i < size; i++) values[i] = random.nextFloat();
        return values;
    }

    private void save(int time) throws IOException {
        List<Entry> entries = List.of(
                Entry.of("frozen.w", DType.F32, Shape.of(frozen.length), frozen),
                Entry.of("norm.w", DType.F32, Shape.of(norm.length), norm),
                Entry.of("table.w", DType.F32, Shape.of(ROWS, WIDTH), table));
        TestFiles.age(
                TestWeights.safetensors(folder.resolve("step_%06d.safetensors".formatted(time)), Map.of(), entries));
    }
}
