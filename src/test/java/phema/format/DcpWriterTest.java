package phema.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import phema.Fixtures;
import phema.tensor.DType;
import phema.tensor.Shape;

/** That torch loads what is written, at any number of ranks, {@code src/interop/check.py} sees to. */
class DcpWriterTest {
    @TempDir
    Path folder;

    private WeightFile written(WeightFile template, long shardSize) throws IOException {
        Files.createDirectory(folder.resolve("out"));
        Path last = folder;
        for (Layout layout : WeightFiles.writer(Format.DCP).layout("out", template, Tensor::dtype, Map.of(), shardSize))
            last = Samples.write(layout, template, folder);
        assertThat(last).isEqualTo(folder.resolve("out/.metadata"));
        return WeightFiles.read(last);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "clusters/cuts/.metadata",
                "clusters/megatron/.metadata",
                "clusters/zero2/mp_rank_00_model_states.pt",
                "torch/training.ckpt",
                "safetensors/network-snapshot-0000016-0.050.safetensors"
            })
    void whatIsWrittenIsRead(String fixture) throws IOException {
        WeightFile template = WeightFiles.read(Fixtures.fixture(fixture));
        WeightFile written = written(template, Long.MAX_VALUE);
        assertThat(DcpReaderTest.digests(written)).isEqualTo(DcpReaderTest.digests(template));
        assertThat(written.tensors())
                .extracting(Tensor::name)
                .isEqualTo(template.tensors().stream().map(Tensor::name).toList());
        assertThat(written.parts()).hasSize(2);
        assertThat(WeightFiles.verify(written.path(), bytes -> {}).faults()).isEmpty();
    }

    @Test
    void filesEndWhereTheyAreFull() throws IOException {
        WeightFile template = WeightFiles.read(Fixtures.fixture("clusters/megatron/.metadata"));
        WeightFile written = written(template, 4_000);
        assertThat(written.parts())
                .extracting(part -> String.valueOf(part.path().getFileName()))
                .containsExactly(
                        ".metadata", "__0_0.distcp", "__0_1.distcp", "__0_2.distcp", "__0_3.distcp", "__0_4.distcp");
        assertThat(DcpReaderTest.digests(written)).isEqualTo(DcpReaderTest.digests(template));
        assertThatThrownBy(() -> WeightFiles.writer(Format.DCP).layout("out", template, Tensor::dtype, Map.of(), 0))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void elementTypesAreWhatWasAskedFor() throws IOException {
        WeightFile template = WeightFiles.read(Fixtures.fixture("clusters/cuts/.metadata"));
        Layout data = WeightFiles.writer(Format.DCP)
                .layout("out", template, t -> t.dtype().isFloating() ? DType.BF16 : t.dtype(), Map.of(), Long.MAX_VALUE)
                .getFirst();
        assertThat(data.fileName()).isEqualTo("out/__0_0.distcp");
        assertThat(data.segments())
                .filteredOn(Layout.TensorElements.class::isInstance)
                .extracting(segment -> ((Layout.TensorElements) segment).dtype())
                .containsOnly(DType.BF16, DType.I64, DType.BOOL);
    }

    /** Megatron does not load without what Transformer Engine keeps beside the weights. */
    @Test
    void extraStatesAreCopied() throws IOException {
        WeightFile template = WeightFiles.read(Fixtures.fixture("clusters/megatron/.metadata"));
        assertThat(extraStates(written(template, Long.MAX_VALUE).path()))
                .isNotEmpty()
                .isEqualTo(extraStates(template.path()));
    }

    private static Map<String, String> extraStates(Path path) throws IOException {
        Map<String, String> states = new TreeMap<>();
        try (InputFile file = InputFile.open(path)) {
            DcpMetadata metadata = DcpMetadata.read(file);
            Collection<String> names = new ArrayList<>(metadata.entries().keySet());
            names.removeIf(name -> !name.contains("_extra_state"));
            for (String name : names) {
                DcpMetadata.ChunkPlace place = metadata.place(name).orElseThrow();
                byte[] all = Files.readAllBytes(path.resolveSibling(place.path()));
                states.put(name, HexFormat.of().formatHex(all, (int) place.offset(), (int)
                        (place.offset() + place.length())));
            }
        }
        return states;
    }

    @Test
    void namesAreNestedAsInTheTemplate() throws IOException {
        WeightFile template = WeightFiles.read(Fixtures.fixture("clusters/cuts/.metadata"));
        try (InputFile file = InputFile.open(written(template, Long.MAX_VALUE).path())) {
            DcpMetadata metadata = DcpMetadata.read(file);
            assertThat(metadata.nesting().get("nested.list.1"))
                    .hasToString("Tuple[items=[Text[value=nested], Text[value=list], Int[value=1]]]");
            assertThat(metadata.nesting().get("rows")).hasToString("Tuple[items=[Text[value=rows]]]");
        }
    }

    @Test
    void whatTorchHasNotIsRefused() {
        WeightFile template = new WeightFile(
                folder.resolve("a"),
                Format.SAFETENSORS,
                List.of(),
                Map.of(),
                List.of(new Tensor("w", DType.F4, Shape.of(2), List.of(1L), 0, 0, Tensor.TensorRole.PARAMETER)));
        assertThatThrownBy(() -> WeightFiles.writer(Format.DCP).layout("out", template, Tensor::dtype, Map.of(), 9))
                .hasMessageContaining("cannot hold; choose the format safetensors");
    }
}
