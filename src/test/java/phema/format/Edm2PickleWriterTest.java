package phema.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static phema.Fixtures.fixture;
import static phema.format.Samples.ordered;
import static phema.format.Samples.snapshot;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import phema.format.Edm2PickleGenerator.Node;
import phema.format.Edm2PickleGenerator.StoredTensor;
import phema.format.Layout.TensorElements;
import phema.format.Layout.Verbatim;
import phema.tensor.DType;
import phema.tensor.Shape;

class Edm2PickleWriterTest {
    @TempDir
    Path folder;

    @Test
    void splicingATemplateIntoItselfChangesNothing() throws IOException {
        WeightFile template = WeightFiles.read(fixture("edm2/network-snapshot-0000262-0.050.pkl"));
        Layout layout = layout(template);
        assertThat(layout.fileName()).isEqualTo("out.pkl");
        assertThat(layout.size()).isEqualTo(template.size());
        assertThat(Samples.write(layout, template, folder)).hasSameBinaryContentAs(template.path());
        assertThat(elements(layout).map(e -> e.tensor().name()))
                .containsExactlyInAnyOrder(
                        "unet.out_gain",
                        "unet.emb_noise.weight",
                        "unet.enc.8x8_block0.emb_gain",
                        "unet.enc.8x8_block0.conv.weight",
                        "unet.enc.8x8_block1.emb_gain",
                        "unet.enc.8x8_block1.conv.weight",
                        "unet.enc.8x8_block2.emb_gain",
                        "unet.enc.8x8_block2.conv.weight");
    }

    @Test
    void segmentsFollowEachOtherFromTheFirstByteToTheLast() throws IOException {
        WeightFile template = WeightFiles.read(fixture("edm2/network-snapshot-0000262-0.050.pkl"));
        long position = 0;
        for (Layout.Segment segment : layout(template).segments()) {
            if (segment instanceof Verbatim verbatim)
                assertThat(verbatim.offset()).isEqualTo(position);
            if (segment instanceof TensorElements elements)
                assertThat(elements.tensor().offset()).isEqualTo(position);
            position += segment.bytes();
        }
        assertThat(position).isEqualTo(Files.size(template.path()));
    }

    @Test
    void denseTensorsKeepTheirOrderInTheFile() throws IOException {
        WeightFile template = template(ordered(
                "transposed",
                new StoredTensor(DType.F16, Shape.of(2, 3), List.of(1L, 2L), 0, 6),
                "channelsLast",
                new StoredTensor(DType.F16, Shape.of(2, 3, 1, 4), List.of(12L, 1L, 12L, 3L), 0, 24),
                "slice",
                new StoredTensor(DType.F16, Shape.of(2), List.of(1L), 4, 20),
                "pointwise",
                new StoredTensor(DType.F16, Shape.of(3, 2, 1, 1), List.of(2L, 1L, 1L, 1L), 0, 6),
                "scalar",
                StoredTensor.packed(DType.F16, Shape.of())));
        Layout layout = layout(template);
        assertThat(elements(layout).map(TensorElements::axes))
                .containsExactly(List.of(1, 0), List.of(2, 0, 3, 1), List.of(0), List.of(0, 1, 2, 3), List.of());
        assertThat(Samples.write(layout, template, folder)).hasSameBinaryContentAs(template.path());
    }

    @Test
    void buffersIntegersAndEmptyTensorsStayAsTheyAre() throws IOException {
        WeightFile template = WeightFiles.read(snapshot(
                folder.resolve("a.pkl"),
                ordered(
                        "n",
                        StoredTensor.packed(DType.I64, Shape.of(2)),
                        "none",
                        StoredTensor.packed(DType.F16, Shape.of(0))),
                Map.of("freqs", StoredTensor.packed(DType.F16, Shape.of(4)))));
        assertThat(layout(template).segments()).containsExactly(new Verbatim(0, 0, template.size()));
    }

    @Test
    void tiedWeightsAreWrittenOnce() {
        Tensor a = tensor("a", Shape.of(2, 3), List.of(3L, 1L), 10);
        Tensor b = tensor("b", Shape.of(3, 2), List.of(1L, 3L), 10);
        assertThat(elements(layout(handmade(a, b))).map(e -> e.tensor().name())).containsExactly("a");
    }

    @Test
    void elementsThatCannotBeReplacedInPlaceAreRefusedByName() {
        assertRefused(
                "tensors `a` and `b` share a part",
                tensor("a", Shape.of(6), List.of(1L), 10),
                tensor("b", Shape.of(6), List.of(1L), 12));
        assertRefused(
                "tensors `a` and `b` share a part",
                tensor("a", Shape.of(6), List.of(1L), 10),
                tensor("b", Shape.of(2), List.of(1L), 10));
        assertRefused("tensor `gappy` do not lie side by side", tensor("gappy", Shape.of(3), List.of(2L), 10));
        assertRefused(
                "tensor `repeated` do not lie side by side", tensor("repeated", Shape.of(2, 2), List.of(0L, 1L), 10));
    }

    @Test
    void whatOnlySafetensorsCanHoldIsRefusedWithThatAdvice() throws IOException {
        WeightWriter writer = WeightFiles.writer(Format.EDM2_PICKLE);
        WeightFile pickle = WeightFiles.read(fixture("edm2/network-snapshot-0000262-0.050.pkl"));
        WeightFile safetensors = WeightFiles.read(fixture("safetensors/network-snapshot-0000262-0.050.safetensors"));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> writer.layout("out", pickle, t -> DType.F32, Map.of(), Long.MAX_VALUE))
                .withMessageContaining("is F16, not F32; choose the format safetensors");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> writer.layout("out", pickle, Tensor::dtype, Map.of(), 1000))
                .withMessage("an EDM2 pickle cannot be split into shards; choose the format safetensors");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> writer.layout("out", safetensors, Tensor::dtype, Map.of(), Long.MAX_VALUE))
                .withMessageEndingWith("; choose the format safetensors");
    }

    private static void assertRefused(String problem, Tensor... tensors) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> layout(handmade(tensors)))
                .withMessageContaining(problem)
                .withMessageEndingWith("; choose the format safetensors");
    }

    private WeightFile template(Map<String, StoredTensor> parameters) throws IOException {
        return WeightFiles.read(
                snapshot(folder.resolve("a.pkl"), new Node("Net", Map.of(), parameters, Map.of(), Map.of())));
    }

    private static Layout layout(WeightFile template) {
        List<Layout> layouts =
                WeightFiles.writer(Format.EDM2_PICKLE).layout("out", template, Tensor::dtype, Map.of(), Long.MAX_VALUE);
        assertThat(layouts).hasSize(1);
        return layouts.getFirst();
    }

    private static java.util.stream.Stream<TensorElements> elements(Layout layout) {
        return layout.segments().stream()
                .filter(TensorElements.class::isInstance)
                .map(TensorElements.class::cast);
    }

    private static Tensor tensor(String name, Shape shape, List<Long> strides, long offset) {
        return new Tensor(name, DType.F16, shape, strides, 0, offset, Tensor.TensorRole.PARAMETER);
    }

    private static WeightFile handmade(Tensor... tensors) {
        Path path = Path.of("a.pkl");
        FilePart part = new FilePart(path, new FileStamp(100, java.time.Instant.EPOCH, ""), "", "");
        return new WeightFile(path, Format.EDM2_PICKLE, List.of(part), Map.of(), List.of(tensors));
    }
}
