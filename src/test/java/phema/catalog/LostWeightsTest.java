package phema.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import phema.TestWeights;
import phema.TestWeights.Entry;
import phema.catalog.Excluded.ExclusionReason;
import phema.tensor.DType;
import phema.tensor.Shape;

/** Files of which a part was never written hold zeros there. */
class LostWeightsTest {
    @TempDir
    private Path folder;

    private void write(String name, float first, float last, int zeros) throws IOException {
        float[] body = new float[3000];
        for (int i = 0; i < body.length - zeros; i++) body[i] = first + i;
        float[] head = new float[10];
        Arrays.fill(head, last);
        TestWeights.safetensors(
                folder.resolve(name),
                Map.of(),
                List.of(
                        Entry.of("head", DType.F32, Shape.of(head.length), head),
                        Entry.of("body", DType.F32, Shape.of(body.length), body)));
    }

    /** @param last the value of a whole tensor, by time */
    @ParameterizedTest
    @CsvSource({"3 2 0, 110", "3 0 2 1, 1011", "0 2 1, 111", "0 0 1, 111", "0 2 0 0, 1100", "0 0 0, 111"})
    void aTensorThatBecameZeroIsLost(String last, String used) throws IOException {
        int step = 0;
        for (String value : last.split(" "))
            write("step-%04d.safetensors".formatted(step += 100), step, Float.parseFloat(value), 0);
        Run run = RunScanner.scan(folder, Selection.DEFAULT);
        StringBuilder found = new StringBuilder();
        for (int i = 100; i <= step; i += 100) {
            String name = "step-%04d.safetensors".formatted(i);
            found.append(run.snapshots().stream().anyMatch(one -> one.name().equals(name)) ? 1 : 0);
        }
        assertThat(found).hasToString(used);
        assertThat(run.excluded()).allSatisfy(file -> {
            assertThat(file.reason()).isEqualTo(ExclusionReason.BROKEN);
            assertThat(file.message()).contains("nothing but zeros in tensor head, which earlier files do not");
        });
    }

    @Test
    void theNewestFileIsToldWhoseLastPageIsZeros() throws IOException {
        for (int step : new int[] {100, 200, 300})
            write("step-%04d.safetensors".formatted(step), step, 1, step == 300 ? 1100 : 0);
        Run run = RunScanner.scan(folder, Selection.DEFAULT);
        assertThat(run.excluded())
                .singleElement()
                .extracting(Excluded::message)
                .asString()
                .startsWith("step-0300.safetensors ends in zeros, where earlier files hold weights");
        assertThat(run.newer()).isPresent();
    }

    /** Each average by itself: what was small in raw weights may round to zero in another. */
    @Test
    void averagesAreComparedWithTheirLike() throws IOException {
        for (int kimg : new int[] {16, 32})
            for (String width : List.of("0.050", "0.100"))
                write(
                        "net-%07d-%s.safetensors".formatted(kimg, width),
                        kimg,
                        width.equals("0.050") ? kimg : 0,
                        width.equals("0.050") ? 0 : 1100);
        assertThat(RunScanner.scan(folder, Selection.DEFAULT).snapshots()).hasSize(4);
    }

    @Test
    void whatTrainingMadeZeroCanBeSaid() throws IOException {
        for (int step : new int[] {100, 200, 300})
            write("step-%04d.safetensors".formatted(step), step, step == 300 ? 0 : 1, 0);
        Files.writeString(
                folder.resolve("phema.yaml"), "files: 'step-{time}.safetensors'\nprofile: impulse\nbuffers: [head]\n");
        assertThat(RunScanner.scan(folder, Selection.DEFAULT).snapshots()).hasSize(3);
    }
}
