package phema.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import phema.catalog.Run;
import phema.catalog.RunScanner;
import phema.catalog.Selection;
import phema.catalog.Snapshot;
import phema.format.DcpGenerator.Cut;
import phema.format.Format;
import phema.format.Tensor;
import phema.format.WeightFile;

class SnapshotGeneratorTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({"EDM2_PICKLE, ROWS", "SAFETENSORS, ROWS", "DCP, ROWS", "DCP, COLUMNS"})
    void writesARunThatTheCatalogTakesWhole(Format format, Cut cut) throws IOException {
        long bytes =
                SnapshotGenerator.network(format, 4_000_000).ofRanks(3, cut).write(folder, 4, written -> {});

        Run run = RunScanner.scan(folder, Selection.DEFAULT);
        assertThat(run.excluded()).isEmpty();
        assertThat(run.snapshots()).hasSize(4);
        assertThat(run.snapshots().stream().mapToLong(s -> s.file().size()).sum())
                .isEqualTo(bytes);
        assertThat(run.snapshots())
                .extracting(Snapshot::time)
                .containsExactly(8388608.0, 8388608.0, 16777216.0, 16777216.0);
    }

    @Test
    void writesTheSameBytesAgain() throws IOException {
        SnapshotGenerator generator = SnapshotGenerator.uniform(Format.SAFETENSORS, 10, 100_000);
        generator.write(folder.resolve("a"), 2, written -> {});
        generator.write(folder.resolve("b"), 2, written -> {});

        try (Stream<Path> files = Files.list(folder.resolve("a"))) {
            List<Path> first = files.toList();
            assertThat(first).hasSize(2);
            for (Path file : first)
                assertThat(folder.resolve("b").resolve(file.getFileName())).hasSameBinaryContentAs(file);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {20_000_000, 62_000_000})
    void comesNearTheSizeAskedFor(long bytes) throws IOException {
        long written = SnapshotGenerator.network(Format.SAFETENSORS, bytes).write(folder, 1, done -> {});
        assertThat(written).isBetween(bytes * 2 / 3, bytes * 4 / 3);
    }

    @Test
    void cutsAFileIntoAsManyTensorsAsAskedFor() throws IOException {
        SnapshotGenerator.uniform(Format.SAFETENSORS, 50, 100_000).write(folder, 1, written -> {});
        WeightFile file = RunScanner.scan(folder, Selection.DEFAULT)
                .snapshots()
                .getFirst()
                .file();
        assertThat(file.tensors()).hasSize(50).extracting(Tensor::elements).containsOnly(1000L);
    }
}
