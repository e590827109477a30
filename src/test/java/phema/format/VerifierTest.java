package phema.format;

import static org.assertj.core.api.Assertions.assertThat;
import static phema.Fixtures.fixture;
import static phema.format.Samples.contents;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import phema.TestWeights;
import phema.TestWeights.Entry;
import phema.digest.Digest;
import phema.tensor.DType;
import phema.tensor.Shape;

class VerifierTest {
    @TempDir
    Path folder;

    private static Verification verify(Path path) throws IOException {
        AtomicLong read = new AtomicLong();
        Verification verification = WeightFiles.verify(path, read::addAndGet);
        assertThat(read).hasValue(verification.bytes());
        return verification;
    }

    @Test
    void everyEntryOfATorchArchiveIsCompared() throws IOException {
        Path path = fixture("torch/tensors.pt");
        Verification verification = verify(path);
        assertThat(verification.faults()).isEmpty();
        assertThat(verification.bytes()).isEqualTo(Files.size(path));
        assertThat(verification.notVerifiable()).isEmpty();
        assertThat(verification.verified())
                .anyMatch(line -> line.startsWith("27 of 27 zip entries by their CRC-32"))
                .anyMatch(line -> line.endsWith(" finite numbers"));
    }

    /** Every bit that could matter: what is not noticed is padding, dates and the like, and changes nothing. */
    @Test
    void aFlippedBitOfATorchArchiveIsNamedOrChangesNothing() throws IOException {
        Path original = fixture("torch/tied/step-000100.pt");
        byte[] bytes = Files.readAllBytes(original);
        List<String> expected = contents(WeightFiles.read(original));
        Path path = folder.resolve("flipped.pt");
        Set<String> named = new HashSet<>();
        Random random = new Random(1);
        int unnoticed = 0;
        for (int i = 0; i < bytes.length; i++) {
            int bit = 1 << random.nextInt(8);
            bytes[i] ^= (byte) bit;
            Files.write(path, bytes);
            bytes[i] ^= (byte) bit;
            Verification verification = verify(path);
            named.addAll(verification.faults());
            if (verification.isSound()) {
                unnoticed++;
                assertThat(contents(WeightFiles.read(path))).as("byte %d", i).isEqualTo(expected);
            }
        }
        assertThat(unnoticed).isLessThan(bytes.length / 2); // torch pads its storages
        assertThat(named)
                .contains("zip entry `step-000100/data/0` (tensor `emb.weight`, `head.weight`, `out.weight` and 1 more)"
                        + " does not match its CRC-32; it is damaged, take another copy of the file");
    }

    @Test
    void whatStatesNoChecksumIsSaidToBeUnverifiable() throws IOException {
        WeightFile template = WeightFiles.read(fixture("torch/tied/step-000100.pt"));
        Layout layout = WeightFiles.writer(Format.TORCH_ZIP)
                .layout("out", template, Tensor::dtype, Map.of(), Long.MAX_VALUE)
                .getFirst();
        Verification verification = verify(Samples.write(layout, template, folder));
        assertThat(verification.isSound()).isTrue();
        assertThat(verification.notVerifiable())
                .singleElement()
                .satisfies(line -> assertThat(line).startsWith("6 zip entries, such as `archive/data/0`"));
        assertThat(verification.verified()).anyMatch(line -> line.startsWith("4 of 10 zip entries"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "edm2/network-snapshot-0000131-0.100.pkl",
                "safetensors/network-snapshot-0000016-0.050.safetensors",
                "torch/legacy.pth"
            })
    void formatsWithoutChecksumsSaySo(String name) throws IOException {
        Verification verification = verify(fixture(name));
        assertThat(verification.faults()).isEmpty();
        assertThat(verification.notVerifiable())
                .singleElement()
                .satisfies(line -> assertThat(line).contains("no checksums"));
    }

    @Test
    void numbersThatAreNoneAreFoundWhereverTheyLie() throws IOException {
        float[] values = new float[600_001];
        values[262_143] = Float.NaN; // about where a chunk of a mebibyte ends
        values[262_120] = Float.NaN;
        values[600_000] = Float.NaN;
        Path path = TestWeights.safetensors(
                folder.resolve("a.safetensors"),
                Map.of("odd", "x"),
                List.of(
                        new Entry("byte", DType.U8, Shape.of(1), new byte[1]),
                        Entry.of("w", DType.F32, Shape.of(600_001), values),
                        Entry.of("mask", DType.F16, Shape.of(3), Float.NEGATIVE_INFINITY, 0, Float.POSITIVE_INFINITY)));
        Verification verification = verify(path);
        assertThat(verification.faults()).containsExactly("tensor `w` holds NaN 3 times in 600,001");
        assertThat(verification.verified())
                .contains("599,999 finite numbers", "tensor `mask` holds infinity 2 times in 3, as masks do");
    }

    @Test
    void zerosAtTheEndMayNeverHaveBeenWritten() throws IOException {
        String within = "the last 5,200 bytes of numbers are zeros, in tensor `first` and `last`: most likely they were"
                + " never written, as where a disk was full; take another copy of the file";
        assertThat(verify(endingInZeros(100)).faults()).containsExactly(within);
        for (int zeros : new int[] {0, 2000}) { // as of weights that nothing has trained yet
            Verification verification = verify(endingInZeros(zeros));
            assertThat(verification.isSound()).isTrue();
            assertThat(verification.notVerifiable())
                    .filteredOn(line -> line.contains("of numbers are zeros"))
                    .singleElement()
                    .asString()
                    .endsWith(": whether they were ever written");
        }
    }

    private Path endingInZeros(int zeros) throws IOException {
        float[] first = new float[2000];
        Arrays.fill(first, 0, first.length - zeros, 1);
        return TestWeights.safetensors(
                folder.resolve("a.safetensors"),
                Map.of(),
                List.of(
                        Entry.of("first", DType.F32, Shape.of(2000), first),
                        Entry.of("last", DType.F32, Shape.of(1200), new float[1200])));
    }

    /** As sd-scripts makes it: of all that follows the header. */
    @Test
    void theHashThatSdScriptsLeaveIsCompared() throws IOException {
        List<Entry> tensors = List.of(Entry.of("w", DType.F32, Shape.of(3), 1, 2, 3));
        String hash = Digest.sha256().add(tensors.getFirst().bytes()).hex();
        Path path = TestWeights.safetensors(folder.resolve("a.safetensors"), Map.of("sshs_model_hash", hash), tensors);
        Verification sound = verify(path);
        assertThat(sound.faults()).isEmpty();
        assertThat(sound.notVerifiable()).isEmpty();
        assertThat(sound.verified()).contains("all of the data, by the SHA-256 in sshs_model_hash");
        byte[] bytes = Files.readAllBytes(path);
        bytes[bytes.length - 3] ^= 1;
        Files.write(path, bytes);
        assertThat(verify(path).faults())
                .singleElement()
                .satisfies(fault -> assertThat(fault).contains("where its metadata say sshs_model_hash = " + hash));
    }

    @Test
    void aDamagedPickleIsNamedByItsEntryToo() throws IOException {
        byte[] bytes = Files.readAllBytes(fixture("torch/tensors.pt"));
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        bytes[text.indexOf("_rebuild_tensor_v2")] ^= 1;
        Path path = Files.write(folder.resolve("a.pt"), bytes);
        assertThat(verify(path).faults())
                .hasSize(2)
                .anyMatch(fault -> fault.startsWith("zip entry `tensors/data.pkl` does not match its CRC-32"));
    }

    @Test
    void allShardsAreRead() throws IOException {
        List<String> map = new ArrayList<>();
        long size = 0;
        for (int i = 1; i <= 2; i++) {
            Path shard = TestWeights.safetensors(
                    folder.resolve("m-%d.safetensors".formatted(i)),
                    Map.of(),
                    List.of(Entry.of("w" + i, DType.F32, Shape.of(2), i, i == 2 ? Float.NaN : 0)));
            size += Files.size(shard);
            map.add("\"w%d\":\"%s\"".formatted(i, shard.getFileName()));
        }
        Path index = Files.writeString(
                folder.resolve("m.safetensors.index.json"), "{\"weight_map\":{" + String.join(",", map) + "}}");
        Verification verification = verify(index);
        assertThat(verification.bytes()).isEqualTo(size);
        assertThat(verification.faults()).containsExactly("tensor `w2` holds NaN 1 times in 2");
    }

    @Test
    void cutFilesAreNamed() throws IOException {
        byte[] bytes = Files.readAllBytes(fixture("torch/tensors.pt"));
        Path path = Files.write(folder.resolve("a.pt"), java.util.Arrays.copyOf(bytes, bytes.length - 40));
        assertThat(verify(path).faults())
                .containsExactly("has no zip directory at its end; it is truncated, or not completely written yet");
    }
}
