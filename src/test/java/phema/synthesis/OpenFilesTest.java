package phema.synthesis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import phema.TestWeights;
import phema.TestWeights.Entry;
import phema.format.WeightFile;
import phema.format.WeightFiles;
import phema.problem.Problem;
import phema.tensor.DType;
import phema.tensor.Shape;

class OpenFilesTest {
    private static final int FILES = 40;
    private static final int MOST = 8;

    @TempDir
    private Path folder;

    private final List<WeightFile> files = new ArrayList<>();
    private final OpenFiles open = new OpenFiles(anywhere -> true, MOST);

    @BeforeEach
    void writeFiles() throws IOException {
        for (int i = 0; i < FILES; i++)
            files.add(WeightFiles.read(TestWeights.safetensors(
                    folder.resolve(i + ".safetensors"),
                    Map.of(),
                    List.of(new Entry("w", DType.U8, Shape.of(1), new byte[] {(byte) i})))));
    }

    private static int read(OpenFiles.Inputs inputs, List<WeightFile> files, int file) {
        ByteBuffer one = ByteBuffer.allocate(1);
        try {
            inputs.read(file, 0, files.get(file).tensors().getFirst().offset(), one);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return one.get(0);
    }

    @Test
    void noMoreAreOpenThanMayBe() throws IOException {
        try (OpenFiles.Inputs inputs = open.open(files)) {
            for (int round = 0; round < 3; round++)
                for (int i = 0; i < FILES; i++) {
                    assertThat(read(inputs, files, i)).isEqualTo(i);
                    assertThat(open.count()).isBetween(1, MOST);
                }
        }
        assertThat(open.count()).isZero();
    }

    @Test
    void manyMayReadAtOnce() throws IOException {
        try (OpenFiles.Inputs inputs = open.open(files);
                OpenFiles.Inputs others = open.open(files)) {
            assertThat(IntStream.range(0, 20_000)
                            .parallel()
                            .filter(i -> read(i % 2 == 0 ? inputs : others, files, i * 7 % FILES) != i * 7 % FILES))
                    .isEmpty();
        }
        assertThat(open.count()).isZero();
    }

    @Test
    void aFileThatWasReplacedWhileItRestedIsNoticed() throws IOException {
        try (OpenFiles.Inputs inputs = open.open(files)) {
            Path first = files.getFirst().path();
            Files.delete(first);
            TestWeights.safetensors(
                    first, Map.of("k", "v"), List.of(new Entry("w", DType.U8, Shape.of(1), new byte[] {9})));
            assertThatThrownBy(() -> read(inputs, files, 0))
                    .isInstanceOf(Problem.class)
                    .hasMessageContaining("has changed since it was indexed");
        }
        assertThat(open.count()).isZero();
    }
}
