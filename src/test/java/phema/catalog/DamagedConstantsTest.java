package phema.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import phema.TestWeights;
import phema.TestWeights.Entry;
import phema.tensor.DType;
import phema.tensor.Shape;

class DamagedConstantsTest {
    private static final float INF = Float.POSITIVE_INFINITY;

    @TempDir
    private Path folder;

    private void write(int step, float[]... tensors) throws IOException {
        List<Entry> entries = new ArrayList<>(List.of(Entry.of("w", DType.F32, Shape.of(2), step, 7)));
        for (int i = 0; i < tensors.length; i++)
            entries.add(Entry.of("t" + i, DType.F32, Shape.of(tensors[i].length), tensors[i]));
        TestWeights.safetensors(folder.resolve("step-%05d.safetensors".formatted(step)), Map.of(), entries);
    }

    private static float[] values(String name, int step) {
        return switch (name) {
            case "mask" -> new float[] {0, -INF, -INF};
            case "infinite" -> new float[] {INF, INF, INF};
            case "weights" -> new float[] {step, 2 * step, 3};
            case "lost" -> new float[] {0, 0, 0};
            case "frequencies" -> new float[] {1, 2, 4, 8, 16, 32, 64, 128, 256};
            case "others" -> new float[] {1, 3, 9, 27, 81, 243, 29, 87, 261};
            case "rounded" -> new float[] {1, 2, 4, 8, 16, 32, 64, 128, 257};
            case "trained" -> new float[] {step, 2, 4, 8, 16, 32, 64, 128, 256};
            case "overflown" -> new float[] {INF, 2, 3};
            default -> new float[] {Float.NaN, Float.NaN, 3};
        };
    }

    /** A run of a file of each kind, by time. */
    private Run run(String kinds) throws IOException {
        int step = 0;
        for (String kind : kinds.split(" ")) write(step += 1000, values(kind, step));
        return RunScanner.scan(folder, Selection.DEFAULT);
    }

    /** @param used a digit for each file: 1 where it is a snapshot */
    @ParameterizedTest
    @CsvSource({
        "mask lost mask mask, 1011",
        "lost mask mask, 011",
        "mask mask lost, 110",
        "mask mask nan, 110",
        "mask weights mask weights mask, 10101",
        // Which are right cannot be told.
        "mask lost, 00",
        "mask mask lost lost, 0000",
        "weights overflown overflown, 000",
        "overflown overflown weights, 000",
        "infinite weights infinite, 000",
        // Training diverged, from some file on, or in one.
        "weights nan nan nan, 1000",
        "weights weights nan nan, 1100",
        "weights weights weights overflown, 1110",
        "weights overflown weights weights, 1011",
        "overflown weights, 01",
        "nan nan weights, 001",
        // What is finite is looked at between the first file and the last.
        "frequencies others frequencies, 101",
        "frequencies frequencies others frequencies others frequencies frequencies, 1101011",
        "frequencies others others frequencies, 1111",
        "frequencies rounded frequencies, 111",
        "others frequencies frequencies, 111",
        "frequencies frequencies trained trained, 1111"
    })
    void blamesTheFilesThatAreWrong(String kinds, String used) throws IOException {
        Run run = run(kinds);
        StringBuilder found = new StringBuilder();
        for (int i = 1000; i <= 1000 * kinds.split(" ").length; i += 1000) {
            String name = "step-%05d.safetensors".formatted(i);
            boolean isUsed = run.snapshots().stream().anyMatch(one -> one.name().equals(name));
            assertThat(run.excluded().stream().anyMatch(one -> one.name().equals(name)))
                    .isEqualTo(!isUsed);
            found.append(isUsed ? 1 : 0);
        }
        assertThat(found).hasToString(used);
    }

    @Test
    void looksAtEachMaskInAllFiles() throws IOException {
        float[] mask = values("mask", 0);
        float[] lost = values("lost", 0);
        write(1000, lost, mask);
        write(2000, mask, lost);
        write(3000, mask, mask);
        Run run = RunScanner.scan(folder, Selection.DEFAULT);
        assertThat(run.snapshots()).extracting(Snapshot::name).containsExactly("step-03000.safetensors");
        assertThat(run.excluded())
                .extracting(Excluded::message)
                .allMatch(message -> message.contains(" than 2 of the run's files"));
    }

    @ParameterizedTest
    @CsvSource({
        "frequencies frequencies frequencies others, step-04000",
        "others frequencies frequencies frequencies, step-01000",
        "frequencies frequencies frequencies rounded, ''",
        "frequencies frequencies others others, ''",
        "others frequencies frequencies, ''"
    })
    void saysWhereAFileAtAnEndDiffersFromAllOthers(String kinds, String named) throws IOException {
        Run run = run(kinds);
        assertThat(run.snapshots()).hasSize(kinds.split(" ").length);
        List<String> doubts = run.notices().stream()
                .filter(notice -> notice.contains("is unlike that of all other files"))
                .toList();
        if (named.isEmpty()) assertThat(doubts).isEmpty();
        else
            assertThat(doubts)
                    .containsExactly("In " + named + ".safetensors, tensor t0 is unlike that of all other files, where"
                            + " it is the same: unless training left it alone in all of these, this file is damaged,"
                            + " or of another run.");
    }

    @Test
    void aFlagMayComeAndGo() throws IOException {
        for (int step : new int[] {1000, 2000, 3000}) write(step, new float[] {step == 2000 ? 1 : 0});
        assertThat(RunScanner.scan(folder, Selection.DEFAULT).snapshots()).hasSize(3);
    }

    @Test
    void saysWhichFilesDifferWhereNobodyCanTell() throws IOException {
        write(1000, values("mask", 0));
        write(2000, values("lost", 0));
        assertThat(RunScanner.scan(folder, Selection.DEFAULT).excluded())
                .extracting(Excluded::message)
                .containsExactly(
                        "step-01000.safetensors cannot be used: tensor t0 is -Infinity in places and the same in"
                                + " step-01000.safetensors, and something else in step-02000.safetensors; which of"
                                + " them are damaged cannot be told. Take those away, or, if it does not matter, list"
                                + " the tensor under buffers in phema.yaml",
                        "step-02000.safetensors cannot be used: tensor t0 is -Infinity in places and the same in"
                                + " step-01000.safetensors, and something else in step-02000.safetensors; which of"
                                + " them are damaged cannot be told. Take those away, or, if it does not matter, list"
                                + " the tensor under buffers in phema.yaml");
    }
}
