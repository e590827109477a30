package phema.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static phema.Fixtures.fixture;
import static phema.format.Samples.safetensors;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import phema.tensor.DType;
import phema.tensor.Shape;

class SafetensorsReaderTest {
    @TempDir
    Path folder;

    @Test
    void readsWhatTheFormatsOwnLibraryWrote() throws IOException {
        WeightFile file = WeightFiles.read(fixture("safetensors/network-snapshot-0000016-0.050.safetensors"));
        assertThat(file.metadata()).containsExactly(java.util.Map.entry("format", "pt"));
        assertThat(file.tensors()).hasSize(14);
        Tensor gain = file.tensors().stream()
                .filter(t -> t.name().equals("unet.enc.8x8_block2.conv.weight"))
                .findFirst()
                .orElseThrow();
        assertThat(gain.dtype()).isEqualTo(DType.F16);
        assertThat(gain.shape()).isEqualTo(Shape.of(32, 16, 3, 3));
        assertThat(gain.strides()).containsExactly(144L, 9L, 3L, 1L);
        assertThat(file.parts().getFirst().size()).isEqualTo(file.size()).isEqualTo(Files.size(file.path()));
        assertThat(file.parts().getFirst().modified())
                .isEqualTo(Files.getLastModifiedTime(file.path()).toInstant());
    }

    /** Metadata are a part of the header, so files of equal length that state other steps are not alike. */
    @Test
    void metadataAreTheFilesOwn() throws IOException {
        String header =
                "{\"__metadata__\":{\"step\":\"%d\"},\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}";
        WeightFile first = WeightFiles.read(safetensors(folder.resolve("1"), header.formatted(1000), 1));
        Path second = safetensors(folder.resolve("2"), header.formatted(2000), 1);
        assertThat(WeightFiles.read(second, Optional.of(first), path -> true).metadata())
                .containsExactly(java.util.Map.entry("step", "2000"));
    }

    @Test
    void listsTensorsInTheOrderOfTheirData() throws IOException {
        WeightFile file = WeightFiles.read(safetensors(folder.resolve("a.safetensors"), """
                {"b":{"dtype":"U8","shape":[2],"data_offsets":[3,5]},"a":{"data_offsets":[0,3],"shape":[3,1],"dtype":"I8"},
                 "none":{"dtype":"F32","shape":[4,0],"data_offsets":[3,3]}}\s\s""", 5));
        assertThat(file.tensors().stream().map(Tensor::name)).containsExactly("a", "none", "b");
        long data = file.size() - 5;
        assertThat(file.tensors().stream().map(Tensor::offset)).containsExactly(data, data + 3, data + 3);
    }

    @ParameterizedTest
    @EnumSource
    void readsEveryElementType(DType dtype) throws IOException {
        WeightFile file = WeightFiles.read(safetensors(
                folder.resolve("a.safetensors"),
                "{\"w\":{\"dtype\":\"%s\",\"shape\":[4],\"data_offsets\":[0,%d]}}".formatted(dtype, dtype.bytes(4)),
                (int) dtype.bytes(4)));
        assertThat(file.tensors().getFirst().dtype()).isEqualTo(dtype);
        assertThat(file.tensors().getFirst().bytes()).isEqualTo(dtype.bytes(4));
    }

    @ParameterizedTest(name = "{2}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'a':{'dtype':'U8','shape':[2],'data_offsets':[1,3]}}|3|tensor `a` follows a hole in the data",
                "{'a':{'dtype':'U8','shape':[2],'data_offsets':[0,2]},'b':{'dtype':'U8','shape':[2],'data_offsets':[1,3]}}|3|tensor `b` overlaps another tensor",
                "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,2]}}|2|tensor `a` has 2 bytes where F32 [2] takes 8",
                "{'a':{'dtype':'F32','shape':[2],'data_offsets':[2,0]}}|2|tensor `a` follows a hole in the data",
                "{'a':{'dtype':'F32','shape':[4611686018427387904],'data_offsets':[0,2]}}|2|tensor `a` has a shape that no file could hold",
                "{'a':{'dtype':'U8','shape':[4611686018427387904,4],'data_offsets':[0,2]}}|2|tensor `a` has a shape that no file could hold",
                "{'a':{'dtype':'U8','shape':[-2],'data_offsets':[0,2]}}|2|has a negative number in its header",
                "{'a':{'dtype':'U8','shape':[2],'data_offsets':[0,2]}}|1|is truncated: 1 of 2 bytes of tensors are there",
                "{'a':{'dtype':'U8','shape':[2],'data_offsets':[0,2]}}|3|has 1 bytes behind its last tensor",
                "{'a':{'dtype':'F6_E2M3','shape':[2],'data_offsets':[0,2]}}|2|tensor `a` has a shape that no file could hold, or that fills no whole bytes",
                "{'a':{'dtype':'F4','shape':[2],'data_offsets':[0,2]}}|2|tensor `a` has 2 bytes where F4 [2] takes 1",
                "{'a':{'dtype':'C63','shape':[2],'data_offsets':[0,2]}}|2|tensor `a` has the unknown dtype C63",
                "{'a':{'dtype':'U8','shape':[2],'data_offsets':[0,2],'x':1}}|2|tensor `a` has the unknown field x",
                "{'a':{'shape':[2],'data_offsets':[0,2]}}|2|tensor `a` lacks its dtype, shape or two data_offsets",
                "{'a':{'dtype':'U8','shape':[2],'data_offsets':[0]}}|2|tensor `a` lacks its dtype, shape or two data_offsets",
                "{'a':{'dtype':'U8','shape':[1e0],'data_offsets':[0,1]}}|1|VALUE_NUMBER_FLOAT where VALUE_NUMBER_INT belongs",
                "{'a':{'dtype':'U8','shape':[99999999999999999999],'data_offsets':[0,1]}}|1|not valid JSON",
                "{'a':{'dtype':'U8','shape':[[[[[[[[[[1]]]]]]]]]],'data_offsets':[0,1]}}|1|START_ARRAY where VALUE_NUMBER_INT belongs",
                "{'a':{'dtype':'U8','shape':[2],'data_offsets':[0,2]},'a':{'dtype':'U8','shape':[2],'data_offsets':[2,4]}}|4|Duplicate",
                "{'a':{'dtype':'U8','dtype':'I8','shape':[2],'data_offsets':[0,2]}}|2|Duplicate",
                "{'__metadata__':{'x':1}}|0|VALUE_NUMBER_INT where VALUE_STRING belongs",
                "{'__metadata__':{'x':'y'},'__metadata__':{}}|0|Duplicate",
                "{'a':7}|0|VALUE_NUMBER_INT where START_OBJECT belongs",
                "{} {}|0|has something behind the JSON of its header",
                "{'a'|0|not valid JSON",
            })
    void refusesAHeaderThatBreaksARule(String header, int data, String problem) throws IOException {
        Path path = safetensors(folder.resolve("a.safetensors"), header.replace('\'', '"'), data);
        assertThatThrownBy(() -> WeightFiles.read(path))
                .isInstanceOf(FormatException.class)
                .hasMessageStartingWith(path + ": ")
                .hasMessageContaining(problem);
    }

    @Test
    void refusesAHeaderThatIsNotUtf8() throws IOException {
        Path path = folder.resolve("a.safetensors");
        byte[] bytes = Files.readAllBytes(safetensors(path, "{\"__metadata__\":{\"x\":\"?\"}}", 0));
        bytes[new String(bytes, StandardCharsets.ISO_8859_1).indexOf('?')] = (byte) 0xff;
        Files.write(path, bytes);
        assertThatThrownBy(() -> WeightFiles.read(path))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("UTF-8");
    }

    @Test
    void refusesAHeaderThatIsLongerThanTheFileOrTheFormatAllows() throws IOException {
        for (long length : new long[] {0, 1, 100, 100_000_000, 100_000_001, 1L << 40, -1, Long.MIN_VALUE}) {
            ByteBuffer head = ByteBuffer.allocate(10)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(length)
                    .put((byte) '{')
                    .put((byte) '}');
            Path path = Files.write(folder.resolve("a.safetensors"), head.array());
            assertThatThrownBy(() -> WeightFiles.read(path)).isInstanceOf(FormatException.class);
        }
    }

    @Test
    void everyTruncationIsRefused() throws IOException {
        byte[] whole = Files.readAllBytes(fixture("safetensors/network-snapshot-0000016-0.050.safetensors"));
        Path path = folder.resolve("cut.safetensors");
        for (int size = 0; size < whole.length; size += size < 600 ? 1 : 53) {
            Files.write(path, Arrays.copyOf(whole, size));
            assertThatThrownBy(() -> WeightFiles.read(path))
                    .as("%d bytes", size)
                    .isInstanceOf(FormatException.class);
        }
    }

    @Test
    void filesWithTheSameHeaderShareTheirTensors() throws IOException {
        WeightFile first = WeightFiles.read(fixture("safetensors/network-snapshot-0000016-0.050.safetensors"));
        Path path = fixture("safetensors/network-snapshot-0000262-0.100.safetensors");

        WeightFile second = WeightFiles.read(path, Optional.of(first), anywhere -> true);

        assertThat(second).isEqualTo(WeightFiles.read(path));
        assertThat(second.tensors()).isSameAs(first.tensors());
    }

    @Test
    void aFileIsCheckedWhateverItIsSimilarTo() throws IOException {
        String header = "{\"w\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]}}";
        Optional<WeightFile> whole = Optional.of(WeightFiles.read(safetensors(folder.resolve("a"), header, 4)));
        for (int data : new int[] {3, 5}) {
            Path path = safetensors(folder.resolve("b"), header, data);
            assertThatThrownBy(() -> WeightFiles.read(path, whole, anywhere -> true))
                    .isInstanceOf(FormatException.class);
        }
        Path other = safetensors(folder.resolve("c"), header.replace("\"w\"", "\"v\""), 4);
        assertThat(WeightFiles.read(other, whole, anywhere -> true)).isEqualTo(WeightFiles.read(other));
    }

    @Test
    void theOnlyShardOfAnIndexHasItsOwnMetadata() throws IOException {
        String header = "{\"w\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]}}";
        Path shard = safetensors(folder.resolve("shard.safetensors"), header, 4);
        Path index = Files.writeString(
                folder.resolve("model.safetensors.index.json"),
                "{\"metadata\":{\"step\":\"7\"},\"weight_map\":{\"w\":\"shard.safetensors\"}}");

        assertThat(WeightFiles.read(shard, Optional.of(WeightFiles.read(index)), anywhere -> true))
                .isEqualTo(WeightFiles.read(shard));
    }

    @Test
    void aFileOfThreeGigabytesIsIndexedByItsHeaderAlone() throws IOException {
        long bytes = 3L << 30;
        Path path = safetensors(
                folder.resolve("large.safetensors"),
                "{\"w\":{\"dtype\":\"F32\",\"shape\":[%d],\"data_offsets\":[0,%d]},\"last\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[%d,%d]}}"
                        .formatted(bytes / 4, bytes, bytes, bytes + 1),
                0);
        long header = Files.size(path);
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(new byte[1]), header + bytes);
        }
        assertThat(WeightFiles.read(path).tensors().stream().map(Tensor::offset))
                .isEqualTo(List.of(header, header + bytes));
    }
}
