package phema.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static phema.Fixtures.fixture;
import static phema.TestWeights.elements;
import static phema.TestWeights.tensor;
import static phema.format.Samples.assertRefused;
import static phema.format.Samples.ordered;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Consumer;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import phema.tensor.DType;
import phema.tensor.Shape;

class TorchZipReaderTest {
    private static final byte[] EMPTY_DICT = {(byte) 0x80, 2, '}', '.'};

    private static final String KEY = "X\u0001\0\0\0";

    /** {@code {"a": <three floats in data/0>}}. */
    private static final String PICKLE =
            "\u0080\u0002}X\u0001\0\0\0actorch._utils\n_rebuild_tensor_v2\n((X\u0007\0\0\0storage"
                    + "ctorch\nFloatStorage\n" + KEY + "0X\u0003\0\0\0cpuK\u0003tQK\0K\u0003\u0085K\u0001\u0085\u0089"
                    + "ccollections\nOrderedDict\n)RtRs.";

    @TempDir
    Path folder;

    @Test
    void tensorsAreThoseThatSafetensorsKeepsOfTheSameDict() throws IOException {
        WeightFile torch = WeightFiles.read(fixture("torch/tensors.pt"));
        WeightFile expected = WeightFiles.read(fixture("torch/tensors.safetensors"));
        assertThat(torch.format()).isEqualTo(Format.TORCH_ZIP);
        assertThat(torch.tensors().stream().map(Tensor::name))
                .containsExactlyInAnyOrderElementsOf(
                        expected.tensors().stream().map(Tensor::name).toList());
        for (Tensor tensor : torch.tensors()) {
            Tensor same = expected.tensors().get(expected.indexOf(tensor.name(), 0));
            assertThat(tensor.dtype()).as(tensor.name()).isEqualTo(same.dtype());
            assertThat(tensor.shape()).as(tensor.name()).isEqualTo(same.shape());
            assertThat(elements(torch, tensor)).as(tensor.name()).isEqualTo(elements(expected, same));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "arrays_2.pt, `model.body.bias` and 1 more",
        "arrays_5.pt, `model.body.bias` and 1 more",
        "arrays_alone.pt, `body.bias` and 1 more"
    })
    void namesArraysOfNumpyThatSeemToBeWeights(String name, String arrays) throws IOException {
        assertThat(WeightFiles.numpyArrays(WeightFiles.read(fixture("torch/" + name))))
                .hasValue(arrays);
        assertThat(WeightFiles.numpyArrays(WeightFiles.read(fixture("torch/training_state_4.pt"))))
                .isEmpty();
    }

    @Test
    void refusesAViewWhoseElementsAreNegatedWhenTheyAreRead() {
        assertThatThrownBy(() -> WeightFiles.read(fixture("torch/negated.pt")))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("tensor `x` is a negated or conjugated view");
    }

    /** PyTorch's type is of two in a byte: the shape there is {@code [3, 4]}. */
    @Test
    void fourBitsAreCountedOneByOne() throws IOException {
        WeightFile file = WeightFiles.read(fixture("torch/four_bits.pt"));
        Tensor codes = tensor(file, "codes");
        assertThat(codes.dtype()).isEqualTo(DType.F4);
        assertThat(codes.shape()).isEqualTo(Shape.of(3, 8));
        assertThat(elements(file, codes)).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
    }

    @Test
    void viewsShareTheirStorage() throws IOException {
        WeightFile file = WeightFiles.read(fixture("torch/tensors.pt"));
        Tensor transposed = tensor(file, "transposed");
        assertThat(transposed.strides()).containsExactly(1L, 6L);
        assertThat(tensor(file, "column").offset()).isEqualTo(transposed.offset() + 2 * 4);
        assertThat(tensor(file, "rows").offset()).isEqualTo(transposed.offset() + 6 * 4);
        assertThat(tensor(file, "tail").offset()).isEqualTo(tensor(file, "head").offset());
        assertThat(tensor(file, "expanded").strides()).containsExactly(1L, 0L);
    }

    @Test
    void nestedTensorsAreNamedByTheirPathAndPlainValuesAreMetadata() throws IOException {
        WeightFile file = WeightFiles.read(fixture("torch/training.ckpt"));
        assertThat(file.tensors().stream().map(Tensor::name))
                .containsExactly(
                        "model.0.weight",
                        "model.0.bias",
                        "model.1.weight",
                        "model.1.bias",
                        "model.1.running_mean",
                        "model.1.running_var",
                        "model.1.num_batches_tracked",
                        "ema.shadow_params.0",
                        "ema.shadow_params.1",
                        "ema.shadow_params.2",
                        "ema.shadow_params.3");
        assertThat(tensor(file, "model.1.num_batches_tracked").dtype()).isEqualTo(DType.I64);
        assertThat(tensor(file, "ema.shadow_params.0").shape()).isEqualTo(Shape.of(2, 3));
        assertThat(file.metadata())
                .isEqualTo(
                        Map.of("epoch", "7", "lr", "1.0E-4", "note", "first", "done", "false", "ema.decay", "0.999"));
    }

    @Test
    void theFoldersNameDoesNotMatter() throws IOException {
        Path path = archive(EMPTY_DICT, "my run, epoch 3");
        assertThat(WeightFiles.read(path).tensors()).isEmpty();
    }

    @Test
    void anArchiveWithACommentIsRead() throws IOException {
        byte[] bytes = Files.readAllBytes(fixture("torch/tensors.pt"));
        byte[] commented = Arrays.copyOf(bytes, bytes.length + 3);
        commented[bytes.length - 2] = 3;
        Path path = Files.write(folder.resolve("a.pt"), commented);
        assertThat(WeightFiles.read(path).tensors()).hasSize(25);
    }

    @Test
    void theDigestChangesWithTheStructureAndNotWithElements() throws IOException {
        Path path = fixture("torch/tensors.pt");
        Tensor tensor = tensor(WeightFiles.read(path), "float32");
        byte[] bytes = Files.readAllBytes(path);
        bytes[(int) tensor.offset()] ^= 1;
        Path other = Files.write(folder.resolve("a.pt"), bytes);
        assertThat(digest(other)).isEqualTo(digest(path));
        assertThat(digest(fixture("torch/training.ckpt"))).isNotEqualTo(digest(path));
    }

    @Test
    void programsAreRefused() {
        assertRefused(fixture("torch/script.pt"), "is a TorchScript program");
    }

    /** As {@code named_parameters()}, then {@code named_buffers()} name them, whatever the classes are. */
    @Test
    void wholeModulesAreReadByTheirAttributes() throws IOException {
        WeightFile file = WeightFiles.read(fixture("torch/module.pt"));
        assertThat(file.tensors())
                .isNotEmpty()
                .allSatisfy(tensor -> assertThat(tensor.name())
                        .matches("[0-9]\\.(weight|bias|running_mean|running_var|num_batches_tracked)"));
    }

    @Test
    void theOldFormatHoldsTheSame() throws IOException {
        WeightFile old = WeightFiles.read(fixture("torch/legacy.pth"));
        assertThat(old.format()).isEqualTo(Format.TORCH_ZIP);
        assertThat(old.tensors()).isNotEmpty();
        WeightFile expected = WeightFiles.read(fixture("torch/training.ckpt"));
        for (Tensor tensor : old.tensors())
            assertThat(elements(old, tensor))
                    .as(tensor.name())
                    .isEqualTo(elements(expected, tensor(expected, "model." + tensor.name())));
    }

    @Test
    void everyTruncationOfTheOldFormatIsRefused() throws IOException {
        byte[] bytes = Files.readAllBytes(fixture("torch/legacy.pth"));
        Path path = folder.resolve("a.pth");
        for (int n = 15; n < bytes.length; n++) {
            Files.write(path, Arrays.copyOf(bytes, n));
            assertRefused(path, "");
        }
        Files.write(path, Arrays.copyOf(bytes, bytes.length + 1));
        assertRefused(path, "1 bytes follow its last storage");
    }

    /** Nothing is called, so it does not matter what would be. */
    @Test
    void whatIsBesideTensorsMayBeAnything() throws IOException {
        String beside = "\u0080\u0002}(" + KEY + "xcposix\nsystem\n(X\u0004\0\0\0truet" + "R"
                + KEY + "ncargparse\nNamespace\n)\u0081}(X\u0002\0\0\0lrG?\u0050\u0062\u004d\u00d2\u00f1\u00a9\u00fcub"
                + PICKLE.substring(PICKLE.indexOf('X'), PICKLE.length() - 2) + "u.";
        WeightFile file = WeightFiles.read(saved(beside));
        assertThat(file.tensors()).extracting(Tensor::name).containsExactly("a");
        assertThat(file.metadata()).isEqualTo(Map.of("n.lr", "0.001"));
    }

    @Test
    void aTensorThatAnUnknownFunctionMakesIsRefusedByName() throws IOException {
        String tensor = PICKLE.substring(PICKLE.indexOf("ctorch"), PICKLE.length() - 2);
        assertRefused(
                saved("\u0080\u0002}" + KEY + "acquantised\nmake\n(" + tensor + "tRs."),
                "has `a`, which the function `quantised.make` makes of tensors");
        String typed = "ctorch._tensor\n_rebuild_from_type_v2\n(ctorch._utils\n_rebuild_tensor_v2\nc";
        String arguments = tensor.substring(tensor.indexOf("v2\n(") + 3, tensor.length() - 1);
        assertRefused(
                saved("\u0080\u0002}" + KEY + "a" + typed + "torchao\nInt8\n" + arguments + "}tRs."),
                "tensor `a` is of the class torchao.Int8");
        WeightFile plain =
                WeightFiles.read(saved("\u0080\u0002}" + KEY + "a" + typed + "torch\nTensor\n" + arguments + "}tRs."));
        assertThat(plain.tensors()).hasSize(1);
    }

    @Test
    void aDictionaryWithinItselfIsRefused() throws IOException {
        byte[] cycle = latin1("\u0080\u0002}q\0X\u0001\0\0\0ah\0s.");
        assertRefused(archive(cycle, "archive"), "has `a` within itself");
    }

    @Test
    void deepNestsAreRefused() throws IOException {
        ByteArrayOutputStream nest = new ByteArrayOutputStream();
        nest.writeBytes(new byte[] {(byte) 0x80, 2});
        for (int i = 0; i < 100_000; i++) nest.writeBytes(latin1("}X\0\0\0\0"));
        nest.write('}');
        for (int i = 0; i < 100_000; i++) nest.write('s');
        nest.write('.');
        assertRefused(archive(nest.toByteArray(), "archive"), "too deep within others");
    }

    @Test
    void littleThatStandsForMuchIsRefused() throws IOException {
        ByteArrayOutputStream doubling = new ByteArrayOutputStream();
        doubling.writeBytes(new byte[] {(byte) 0x80, 2, ']'});
        for (int i = 0; i < 90; i++) doubling.writeBytes(new byte[] {'2', (byte) 0x86}); // (x, x)
        doubling.write('.');
        assertRefused(archive(doubling.toByteArray(), "archive"), "has too long names");
    }

    @Test
    void aTensorThatWasSavedByItselfIsCalledTensor() throws IOException {
        String nameless = PICKLE.replace("}X\u0001\0\0\0a", "").replace("s.", ".");
        assertThat(WeightFiles.read(saved(nameless)).tensors())
                .extracting(Tensor::name)
                .containsExactly("tensor");
    }

    @Test
    void twoTensorsOfOneNameAreRefused() throws IOException {
        String tensor = PICKLE.substring(PICKLE.indexOf("ctorch"), PICKLE.length() - 2);
        String twice = "\u0080\u0002}(X\u0003\0\0\0a.b" + tensor + "X\u0001\0\0\0a}X\u0001\0\0\0b" + tensor + "su.";
        assertRefused(saved(twice), "has two tensors named `a.b`");
    }

    @Test
    void storagesThatContradictTheirRecordsAreRefused() throws IOException {
        assertRefused(
                saved(PICKLE.replace("K\u0003t", "K\u0004t")),
                "has 12 bytes in a/data/0 where 4 elements of 4 bytes belong");
        assertRefused(saved(PICKLE.replace("FloatS", "DoubleS")), "where 3 elements of 8 bytes belong");
        assertRefused(saved(PICKLE.replace(KEY + "0", KEY + "7")), "lacks its file a/data/7");
        assertRefused(saved(PICKLE.replace("QK\0", "QK\u0001")), "reaches beyond its storage");
        assertRefused(saved(PICKLE.replace("storage", "strange")), "has no storage");
    }

    @Test
    void aCompressedArchiveIsRefused() throws IOException {
        Path path = folder.resolve("a.pt");
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(path))) {
            zip.putNextEntry(new ZipEntry("a/data.pkl"));
            zip.write(EMPTY_DICT);
            zip.putNextEntry(new ZipEntry("a/version"));
            zip.write('3');
        }
        assertRefused(path, "zip entry `a/version` is compressed");
    }

    @Test
    void archivesThatTorchDidNotWriteAreRefused() throws IOException {
        assertRefused(zip(Map.of("word/document.xml", EMPTY_DICT)), "but not one of torch.save");
        assertRefused(zip(Map.of("a/data.pkl", EMPTY_DICT, "b/data.pkl", EMPTY_DICT)), "but not one of torch.save");
        assertRefused(zip(Map.of("a/data.pkl", EMPTY_DICT)), "lacks its file a/version");
        assertRefused(zip(Map.of("a/data.pkl", EMPTY_DICT, "a/version", latin1("11"))), "is of version 11");
        assertRefused(
                zip(Map.of("a/data.pkl", EMPTY_DICT, "a/version", latin1("3"), "a/byteorder", latin1("big"))),
                "big-endian");
    }

    @Test
    void everyTruncationIsRefused() throws IOException {
        byte[] bytes = Files.readAllBytes(fixture("torch/tensors.pt"));
        Path path = folder.resolve("a.pt");
        for (int n = 4; n < bytes.length; n += n < bytes.length - 200 ? 97 : 1) {
            Files.write(path, Arrays.copyOf(bytes, n));
            assertRefused(path, "it is truncated, or not completely written yet");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 8, 4096})
    void bytesBehindTheArchiveAreRefused(int n) throws IOException {
        byte[] bytes = Files.readAllBytes(fixture("torch/tensors.pt"));
        Path path = Files.write(folder.resolve("a.pt"), Arrays.copyOf(bytes, bytes.length + n));
        assertRefused(path, "has no zip directory at its end");
    }

    @Test
    void bytesMissingWithinTheArchiveAreRefused() throws IOException {
        byte[] bytes = Files.readAllBytes(fixture("torch/tensors.pt"));
        byte[] shorter = new byte[bytes.length - 64];
        System.arraycopy(bytes, 0, shorter, 0, 1024);
        System.arraycopy(bytes, 1088, shorter, 1024, shorter.length - 1024);
        Path path = Files.write(folder.resolve("a.pt"), shorter);
        assertRefused(path, "has a damaged zip directory");
    }

    @Test
    void directoriesThatLieAreRefused() throws IOException {
        assertRefused(
                patched(zip -> zip.putInt(directory(zip) + 24, 5000).putInt(directory(zip) + 20, 5000)), "overlaps");
        assertRefused(
                patched(zip -> zip.putInt(directory(zip) + 42, 0x7fff_fff0)),
                "a size or place that is not in the file");
        assertRefused(patched(zip -> zip.putInt(directory(zip) + 42, 1)), "has no header where the directory says");
        assertRefused(patched(zip -> zip.putInt(directory(zip) + 24, -1)), "lacks its Zip64 sizes");
        assertRefused(patched(zip -> zip.putShort(directory(zip) + 10, (short) 8)), "is compressed");
        assertRefused(patched(zip -> zip.putShort(directory(zip) + 8, (short) 1)), "is encrypted");
        assertRefused(patched(zip -> zip.put(directory(zip) + 46, (byte) 'b')), "lacks its file a/version");
        assertRefused(patched(zip -> zip.putInt(directory(zip) + 24, 0).putInt(directory(zip) + 20, 0)), "contradicts");
        assertRefused(
                patched(zip -> zip.putShort(zip.capacity() - 12, (short) 9).putShort(zip.capacity() - 14, (short) 9)),
                "a damaged zip directory");
        assertRefused(
                patched(zip -> zip.putShort(zip.capacity() - 12, (short) 1).putShort(zip.capacity() - 14, (short) 1)),
                "too many in its zip directory");
        assertRefused(patched(zip -> zip.putShort(zip.capacity() - 12, (short) 1)), "split into several files");
    }

    @Test
    void localHeadersThatContradictTheDirectoryAreRefused() throws IOException {
        assertRefused(patched(zip -> zip.put(30, (byte) 'b')), "has a header that contradicts the directory");
        assertRefused(patched(zip -> zip.putInt(22, 1)), "has a header that contradicts the directory");
        assertRefused(patched(zip -> zip.putShort(8, (short) 8)), "has a header that contradicts the directory");
        assertRefused(patched(zip -> zip.putShort(28, (short) 1)), "overlaps what follows it");
    }

    @Test
    void twoEntriesOfOneNameAreRefused() throws IOException {
        Path path = zip(Map.of("a/data.pkl", EMPTY_DICT, "a/data.pkk", EMPTY_DICT));
        byte[] bytes = Files.readAllBytes(path);
        for (int i = 0; i < bytes.length - 3; i++)
            if (bytes[i] == 'p' && bytes[i + 1] == 'k' && bytes[i + 2] == 'k') bytes[i + 2] = 'l';
        Files.write(path, bytes);
        assertRefused(path, "`a/data.pkl` is there twice");
    }

    /** An archive of two entries, {@code a/version} first, with something changed. */
    private Path patched(Consumer<ByteBuffer> patch) throws IOException {
        Path path = zip(ordered("a/version", latin1("3\n"), "a/data.pkl", EMPTY_DICT));
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(path)).order(ByteOrder.LITTLE_ENDIAN);
        patch.accept(bytes);
        return Files.write(path, bytes.array());
    }

    /** Where the end record says that the directory begins. */
    private static int directory(ByteBuffer zip) {
        return zip.getInt(zip.capacity() - 6);
    }

    private Path saved(String pickle) throws IOException {
        return zip(Map.of("a/data.pkl", latin1(pickle), "a/data/0", new byte[12], "a/version", latin1("3\n")));
    }

    private Path archive(byte[] pickle, String top) throws IOException {
        return zip(Map.of(top + "/data.pkl", pickle, top + "/version", latin1("3\n")));
    }

    private Path zip(Map<String, byte[]> entries) throws IOException {
        return HostileFiles.archive(folder.resolve("a.pt"), entries);
    }

    private static byte[] latin1(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static String digest(Path path) throws IOException {
        return WeightFiles.read(path).parts().getFirst().digest();
    }
}
