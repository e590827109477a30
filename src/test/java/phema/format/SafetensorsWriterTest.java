package phema.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static phema.Fixtures.fixture;
import static phema.TestWeights.elements;
import static phema.format.Samples.contents;
import static phema.format.Samples.ordered;
import static phema.format.Samples.snapshot;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import phema.format.Edm2PickleGenerator.StoredTensor;
import phema.tensor.DType;
import phema.tensor.Shape;

class SafetensorsWriterTest {
    private final WeightWriter writer = WeightFiles.writer(Format.SAFETENSORS);

    @TempDir
    Path folder;

    @Test
    void theHeaderIsWhatTheFormatsOwnLibraryReads() throws IOException {
        WeightFile template = WeightFiles.read(snapshot(
                folder.resolve("a.pkl"),
                ordered(
                        "b",
                        StoredTensor.packed(DType.F16, Shape.of(2, 1)),
                        "a",
                        StoredTensor.packed(DType.F16, Shape.of())),
                Map.of("steps", StoredTensor.packed(DType.I64, Shape.of()))));
        Layout layout =
                only(writer.layout("model", template, Tensor::dtype, Map.of("sigma_rel", "0.1"), Long.MAX_VALUE));
        byte[] head = ((Layout.Literal) layout.segments().getFirst()).content();
        String json = """
                {"__metadata__":{"class_name":"Net","format":"pt","module_classes":"Net","sigma_rel":"0.1"},\
                "steps":{"dtype":"I64","shape":[],"data_offsets":[0,8]},\
                "b":{"dtype":"F16","shape":[2,1],"data_offsets":[8,12]},\
                "a":{"dtype":"F16","shape":[],"data_offsets":[12,14]}}""";
        assertThat(new String(head, 8, head.length - 8, StandardCharsets.UTF_8).stripTrailing())
                .isEqualTo(json);
        assertThat(head.length % 8).isZero();
        assertThat((head[0] & 0xff) | ((head[1] & 0xff) << 8)).isEqualTo(head.length - 8);
        assertThat(layout.size()).isEqualTo(head.length + 14);
    }

    @Test
    void whatIsWrittenReadsBackEqual() throws IOException {
        WeightFile template = WeightFiles.read(fixture("edm2/network-snapshot-0000131-0.100.pkl"));
        Layout layout = only(writer.layout("out", template, Tensor::dtype, Map.of(), Long.MAX_VALUE));
        WeightFile written = WeightFiles.read(Samples.write(layout, template, folder));
        assertThat(written.path()).hasFileName("out.safetensors");
        assertThat(contents(written)).containsExactlyInAnyOrderElementsOf(contents(template));
    }

    @Test
    void stridedTensorsAreWrittenRowByRow() throws IOException {
        WeightFile template = WeightFiles.read(snapshot(
                folder.resolve("a.pkl"),
                Map.of("w", new StoredTensor(DType.U8, Shape.of(2, 3), List.of(1L, 2L), 0, 6)),
                Map.of()));
        Layout layout = only(writer.layout("out", template, Tensor::dtype, Map.of(), Long.MAX_VALUE));
        WeightFile written = WeightFiles.read(Samples.write(layout, template, folder));
        assertThat(elements(written, written.tensors().getFirst())).containsExactly(0, 2, 4, 1, 3, 5);
    }

    @Test
    void everyTensorBeginsAtAMultipleOfItsElementSize() throws IOException {
        WeightFile template = WeightFiles.read(snapshot(
                folder.resolve("a.pkl"),
                ordered(
                        "mask", StoredTensor.packed(DType.BOOL, Shape.of(3)),
                        "half", StoredTensor.packed(DType.F16, Shape.of(3)),
                        "full", StoredTensor.packed(DType.F32, Shape.of(3)),
                        "none", StoredTensor.packed(DType.F64, Shape.of(0)),
                        "steps", StoredTensor.packed(DType.I64, Shape.of())),
                Map.of()));
        Layout layout = only(writer.layout("out", template, Tensor::dtype, Map.of(), Long.MAX_VALUE));
        WeightFile written = WeightFiles.read(Samples.write(layout, template, folder));
        assertThat(written.tensors())
                .hasSize(5)
                .allSatisfy(t -> assertThat(t.offset() % t.dtype().bytes()).isZero());
        assertThat(contents(written)).containsExactlyInAnyOrderElementsOf(contents(template));
    }

    @Test
    void theElementTypeIsTheOneAskedFor() throws IOException {
        WeightFile template = WeightFiles.read(snapshot(
                folder.resolve("a.pkl"),
                Map.of("w", StoredTensor.packed(DType.F16, Shape.of(5))),
                Map.of("n", StoredTensor.packed(DType.I64, Shape.of()))));
        Layout layout = only(writer.layout(
                "out", template, t -> t.dtype().isFloating() ? DType.F32 : t.dtype(), Map.of(), Long.MAX_VALUE));
        assertThat(layout.segments().subList(1, 3).stream().map(Layout.Segment::bytes))
                .containsExactly(8L, 20L);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> writer.layout("out", template, t -> DType.F32, Map.of(), Long.MAX_VALUE))
                .withMessage("tensor `n` is I64 and cannot be written as F32");
    }

    @Test
    void shardsAreCutInTheTemplatesOrderAndIndexed() throws IOException {
        WeightFile template = WeightFiles.read(snapshot(
                folder.resolve("a.pkl"),
                ordered(
                        "a", StoredTensor.packed(DType.U8, Shape.of(6)),
                        "b", StoredTensor.packed(DType.U8, Shape.of(4)),
                        "large", StoredTensor.packed(DType.U8, Shape.of(30)),
                        "c", StoredTensor.packed(DType.U8, Shape.of(1))),
                Map.of()));
        List<Layout> layouts = writer.layout("model", template, Tensor::dtype, Map.of(), 10);
        assertThat(layouts.stream().map(Layout::fileName))
                .containsExactly(
                        "model-00001-of-00003.safetensors",
                        "model-00002-of-00003.safetensors",
                        "model-00003-of-00003.safetensors",
                        "model.safetensors.index.json");
        assertThat(new String(
                        ((Layout.Literal) layouts.getLast().segments().getFirst()).content(), StandardCharsets.UTF_8))
                .isEqualTo("""
                        {"metadata":{"total_size":41},"weight_map":{\
                        "a":"model-00001-of-00003.safetensors",\
                        "b":"model-00001-of-00003.safetensors",\
                        "c":"model-00003-of-00003.safetensors",\
                        "large":"model-00002-of-00003.safetensors"}}""");

        Path index = folder;
        for (Layout layout : layouts) index = Samples.write(layout, template, folder);
        assertThat(contents(WeightFiles.read(index))).isEqualTo(contents(template));
    }

    @Test
    void aTensorThatWouldPassForMetadataIsRefused() throws IOException {
        WeightFile template = WeightFiles.read(snapshot(
                folder.resolve("a.pkl"), Map.of("__metadata__", StoredTensor.packed(DType.F16, Shape.of())), Map.of()));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> writer.layout("model", template, Tensor::dtype, Map.of(), Long.MAX_VALUE))
                .withMessageContaining("`__metadata__`");
    }

    @Test
    void oneLargeEnoughShardIsAPlainFile() throws IOException {
        WeightFile template = WeightFiles.read(fixture("edm2/network-snapshot-0000131-0.100.pkl"));
        assertThat(writer.layout("model", template, Tensor::dtype, Map.of(), 1 << 20))
                .hasSize(1);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> writer.layout("model", template, Tensor::dtype, Map.of(), 0));
    }

    private static Layout only(List<Layout> layouts) {
        assertThat(layouts).hasSize(1);
        return layouts.getFirst();
    }
}
