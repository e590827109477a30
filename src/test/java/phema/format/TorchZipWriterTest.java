package phema.format;

import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.tuple;
import static phema.Fixtures.fixture;
import static phema.format.Samples.contents;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import phema.format.Tensor.TensorRole;
import phema.tensor.DType;
import phema.tensor.Shape;

class TorchZipWriterTest {
    private final WeightWriter writer = WeightFiles.writer(Format.TORCH_ZIP);

    @TempDir
    Path folder;

    @Test
    void whatIsWrittenReadsBackEqual() throws IOException {
        for (String name : List.of(
                "torch/tensors.pt",
                "torch/training.ckpt",
                "torch/four_bits.pt",
                "edm2/network-snapshot-0000131-0.100.pkl")) {
            WeightFile template = WeightFiles.read(fixture(name));
            WeightFile written = WeightFiles.read(Samples.write(layout(template), template, folder));
            assertThat(written.path()).hasFileName("out.pt");
            assertThat(contents(written)).isEqualTo(contents(template));
            Set<Tensor> views = SharedElements.of(written).stream()
                    .flatMap(shared -> shared.tensors().stream())
                    .collect(toSet());
            assertThat(written.tensors())
                    .filteredOn(tensor -> !views.contains(tensor))
                    .allSatisfy(tensor -> {
                        assertThat(tensor.offset() % 64).isZero();
                        assertThat(tensor.isContiguous(tensor.shape().axes())).isTrue();
                    });
        }
    }

    /** Those whose names end with weight have one storage, flat and window another. */
    @Test
    void tensorsThatShareTheirElementsGoOnSharingThem() throws IOException {
        WeightFile template = WeightFiles.read(fixture("torch/tied/step-000200.pt"));
        Path path = Samples.write(layout(template), template, folder);
        WeightFile written = WeightFiles.read(path);
        assertThat(contents(written)).isEqualTo(contents(template));
        assertThat(SharedElements.of(written))
                .extracting(shared -> shared.whole().name(), shared -> names(shared.tensors()))
                .containsExactlyInAnyOrder(
                        tuple("emb.weight", List.of("emb.weight", "head.weight", "out.weight", "first.weight")),
                        tuple("flat", List.of("flat", "window")));
        assertThat(written.tensors().get(2).strides()).containsExactly(1L, 4L);
        // emb, flat, left, right, half (empty), t, slice
        assertThat(storageBytes(path)).containsExactly(96L, 40L, 32L, 32L, 0L, 60L, 12L);
    }

    @Test
    void oneWrittenInAnotherTypeIsWrittenByItself() throws IOException {
        WeightFile template = WeightFiles.read(fixture("torch/tied/step-000200.pt"));
        Layout layout = writer.layout(
                        "out",
                        template,
                        t -> t.name().equals("head.weight") ? DType.F16 : t.dtype(),
                        Map.of(),
                        Long.MAX_VALUE)
                .getFirst();
        assertThat(layout.segments().stream()
                        .filter(Layout.TensorElements.class::isInstance)
                        .map(segment ->
                                ((Layout.TensorElements) segment).tensor().name()))
                .startsWith("emb.weight", "head.weight", "out.weight", "first.weight");
    }

    private static List<String> names(List<Tensor> tensors) {
        return tensors.stream().map(Tensor::name).toList();
    }

    private static List<Long> storageBytes(Path path) throws IOException {
        try (ZipFile zip = new ZipFile(path.toFile())) {
            return zip.stream()
                    .filter(entry -> entry.getName().startsWith("archive/data/"))
                    .map(ZipEntry::getSize)
                    .toList();
        }
    }

    @Test
    void theArchiveIsWhatOtherZipReadersExpect() throws IOException {
        WeightFile template = WeightFiles.read(fixture("torch/training.ckpt"));
        Path path = Samples.write(layout(template), template, folder);
        try (ZipFile zip = new ZipFile(path.toFile())) {
            List<? extends ZipEntry> entries = Collections.list(zip.entries());
            assertThat(entries.stream().map(ZipEntry::getName))
                    .startsWith("archive/data.pkl", "archive/byteorder", "archive/data/0")
                    // The averages still share the weights' storages.
                    .endsWith("archive/data/6", "archive/version");
            assertThat(new String(
                            zip.getInputStream(zip.getEntry("archive/byteorder"))
                                    .readAllBytes(),
                            "US-ASCII"))
                    .isEqualTo("little");
            assertThat(zip.getEntry("archive/data/0").getSize()).isEqualTo(2 * 3 * 4);
            assertThat(entries).allSatisfy(entry -> {
                assertThat(entry.getMethod()).isEqualTo(ZipEntry.STORED);
                assertThat(entry.getTimeLocal()).isEqualTo("1980-01-01T00:00");
            });
        }
    }

    @Test
    void theElementTypeIsTheOneAskedFor() throws IOException {
        WeightFile template = WeightFiles.read(fixture("torch/training.ckpt"));
        Layout layout = writer.layout(
                        "out", template, t -> t.dtype().isFloating() ? DType.F16 : t.dtype(), Map.of(), Long.MAX_VALUE)
                .getFirst();
        assertThat(layout.segments().get(1).bytes()).isEqualTo(2 * 3 * 2);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> writer.layout("out", template, t -> DType.F32, Map.of(), Long.MAX_VALUE))
                .withMessage("tensor `model.1.num_batches_tracked` is I64 and cannot be written as F32");
    }

    @Test
    void elementTypesThatPyTorchLacksAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> layout(template(packed("codes", DType.F6_E2M3, Shape.of(4)))))
                .withMessage("PyTorch has no tensors such as `codes`, F6_E2M3 of [4]; choose the format safetensors");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> layout(template(packed("codes", DType.F4, Shape.of(2, 1)))))
                .withMessageContaining("`codes`, F4 of [2, 1]");
    }

    @Test
    void aCheckpointIsNeverSplit() throws IOException {
        WeightFile template = WeightFiles.read(fixture("torch/training.ckpt"));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> writer.layout("out", template, Tensor::dtype, Map.of(), 20))
                .withMessageContaining("cannot be split into shards; choose the format safetensors");
    }

    @Test
    void filesBeyondFourGigabytesReadBack() throws IOException {
        WeightFile template = template(
                packed("large", DType.U8, Shape.of(5_000_000_000L)),
                packed("behind", DType.F32, Shape.of(2)),
                packed("wide", DType.F16, Shape.of(70_000, 40_000)));
        WeightFile written = WeightFiles.read(sparse(layout(template)));
        assertThat(written.tensors().stream().map(Tensor::shape))
                .containsExactly(Shape.of(5_000_000_000L), Shape.of(2), Shape.of(70_000, 40_000));
        assertThat(written.tensors().get(1).offset()).isBetween(5_000_000_000L, 5_000_001_000L);
    }

    @Test
    void moreTensorsThanOldZipsCountReadBack() throws IOException {
        Tensor[] many = new Tensor[70_000];
        for (int i = 0; i < many.length; i++) many[i] = packed("t" + i, DType.F32, Shape.of());
        WeightFile written = WeightFiles.read(sparse(layout(template(many))));
        assertThat(written.tensors()).hasSize(70_000);
        assertThat(written.tensors().getLast().name()).isEqualTo("t69999");
    }

    private Layout layout(WeightFile template) {
        List<Layout> layouts = writer.layout("out", template, Tensor::dtype, Map.of(), Long.MAX_VALUE);
        assertThat(layouts).hasSize(1);
        return layouts.getFirst();
    }

    private static Tensor packed(String name, DType dtype, Shape shape) {
        return new Tensor(name, dtype, shape, shape.contiguousStrides(), 0, 0, TensorRole.PARAMETER);
    }

    private WeightFile template(Tensor... tensors) {
        FilePart part = new FilePart(folder, FileStamp.UNKNOWN, "", "");
        return new WeightFile(folder, Format.SAFETENSORS, List.of(part), Map.of(), List.of(tensors));
    }

    /** The layout on disk, with a hole in place of all elements. */
    private Path sparse(Layout layout) throws IOException {
        Path path = folder.resolve(layout.fileName());
        try (FileChannel channel = FileChannel.open(
                path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, StandardOpenOption.SPARSE)) {
            long position = 0;
            for (Layout.Segment segment : layout.segments()) {
                if (segment instanceof Layout.Literal literal)
                    channel.write(ByteBuffer.wrap(literal.content()), position);
                position += segment.bytes();
            }
        }
        assertThat(Files.size(path)).isEqualTo(layout.size());
        return path;
    }
}
