package phema.format;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/**
 * Damage of any kind ends in a {@link FormatException} or in a file that is still whole enough to read; anything else fails these tests. Each property is tried 1000 times, or
 * as often as {@code -Djqwik.tries.default=200000} says.
 */
class ReaderMutationTest {
    private static final byte[] INTERESTING = {
        0, 1, 0x7f, (byte) 0x80, (byte) 0xff, '(', '.', 't', 'R', 'b', '{', '"', ']'
    };

    private static Path scratch = Path.of("");

    /** @param at from 0 to 1, place in the file */
    record Mutation(double at, int kind, long seed) {}

    @BeforeContainer
    static void createScratch() throws IOException {
        scratch = Files.createTempFile("mutated", ".bin");
    }

    @AfterContainer
    static void deleteScratch() throws IOException {
        Files.delete(scratch);
    }

    @Property
    void aDamagedPickleIsReadOrRefused(@ForAll("mutations") List<Mutation> mutations) throws IOException {
        readOrRefuse("edm2/network-snapshot-0000016-0.050.pkl", mutations);
    }

    @Property
    void aDamagedSafetensorsFileIsReadOrRefused(@ForAll("mutations") List<Mutation> mutations) throws IOException {
        readOrRefuse("safetensors/network-snapshot-0000016-0.050.safetensors", mutations);
    }

    @Property
    void aDamagedTorchCheckpointIsReadOrRefused(@ForAll("mutations") List<Mutation> mutations) throws IOException {
        readOrRefuse("torch/training.ckpt", mutations);
    }

    /** Changes that keep every place keep the directory readable, so that more is reached. */
    @Property
    void aTorchCheckpointOfChangedBytesIsReadOrRefused(@ForAll("mutations") List<Mutation> mutations)
            throws IOException {
        readOrRefuse(
                "torch/training.ckpt",
                mutations.stream().filter(mutation -> mutation.kind() < 2).toList());
    }

    @Property(tries = 500)
    void aDamagedNumpyArchiveIsReadOrRefused(@ForAll("mutations") List<Mutation> mutations) throws IOException {
        readOrRefuse("metrics/fid-compressed.npz", mutations, NumpyArchive::read);
    }

    @Property
    void aDamagedNumpyPickleIsReadOrRefused(@ForAll("mutations") List<Mutation> mutations) throws IOException {
        readOrRefuse("metrics/reference-4.pkl", mutations, NumpyPickle::read);
    }

    @Property
    void aDamagedIndexIsReadOrRefused(@ForAll("mutations") List<Mutation> mutations) throws IOException {
        String index = "{\"metadata\":{\"total_size\":12,\"format\":\"pt\"},\"weight_map\":{\"a\":\"%s\",\"b\":\"%s\"}}"
                .formatted(scratch.getFileName(), scratch.getFileName());
        readOrRefuse(index.getBytes(StandardCharsets.UTF_8), mutations, ReaderMutationTest::readSoundly);
    }

    /** Few random bytes are opcodes with operands; these are, so that they get further. */
    @Property
    void anySequenceOfOpcodesIsReadOrRefused(@ForAll("opcodes") List<String> opcodes) throws IOException {
        byte[] pickle = ("\u0080\u0004" + String.join("", opcodes) + ".").getBytes(StandardCharsets.ISO_8859_1);
        readOrRefuse(Files.write(scratch, pickle), ReaderMutationTest::readSoundly);
    }

    @Property
    void aTorchCheckpointOfAnyOpcodesIsReadOrRefused(@ForAll("opcodes") List<String> opcodes) throws IOException {
        byte[] pickle =
                ("\u0080\u0002}X\u0001\0\0\0a" + String.join("", opcodes) + "s.").getBytes(StandardCharsets.ISO_8859_1);
        Map<String, byte[]> entries =
                Samples.ordered("a/data.pkl", pickle, "a/data/0", new byte[12], "a/version", new byte[] {'3'});
        readOrRefuse(HostileFiles.archive(scratch, entries), ReaderMutationTest::readSoundly);
    }

    @Provide
    Arbitrary<List<String>> opcodes() {
        return Arbitraries.of(
                        "N",
                        "\u0088",
                        "K\u0000",
                        "K\u0003",
                        "J\u00ff\u00ff\u00ff\u00ff",
                        "\u008a\u0008\0\0\0\0\0\0\0\u007f",
                        "G\u007f\u00f0\0\0\0\0\0\0",
                        "X\u0001\0\0\0a",
                        "X\u0007\0\0\0storage",
                        "X\u0001\0\0\0000",
                        "\u008c\u0008_modules",
                        "\u008c\u000b_parameters",
                        "\u008c\u0003ema",
                        "C\u0002xx",
                        "\u008e\u0001\0\0\0\0\0\0\0x",
                        "(",
                        "0",
                        "1",
                        "2",
                        ")",
                        "\u0085",
                        "\u0086",
                        "\u0087",
                        "t",
                        "]",
                        "\u008f",
                        "l",
                        "a",
                        "e",
                        "}",
                        "d",
                        "s",
                        "u",
                        "q\u0000",
                        "q\u0001",
                        "\u0094",
                        "h\u0000",
                        "h\u0001",
                        "R",
                        "\u0081",
                        "\u0092",
                        "b",
                        "Q",
                        "ccollections\nOrderedDict\n",
                        "ctorch._utils\n_rebuild_tensor_v2\n",
                        "ctorch._utils\n_rebuild_parameter\n",
                        "ctorch\nFloatStorage\n",
                        "ctorch.storage\n_load_from_bytes\n",
                        "}X\u0001\0\0\0a]s",
                        "((X\u0007\0\0\0storagectorch\nFloatStorage\nX\u0001\0\0\0000X\u0003\0\0\0cpuK\u0003tQK\0K\u0003\u0085K\u0001\u0085\u0089ccollections\nOrderedDict\n)Rt")
                .list()
                .ofMinSize(1)
                .ofMaxSize(40);
    }

    @Provide
    Arbitrary<List<Mutation>> mutations() {
        // Most of a fixture's structure lies in its first tenth.
        Arbitrary<Double> place = Arbitraries.oneOf(
                Arbitraries.doubles().between(0, 0.1), Arbitraries.doubles().between(0, 1));
        return Combinators.combine(place, Arbitraries.integers().between(0, 5), Arbitraries.longs())
                .as(Mutation::new)
                .list()
                .ofMinSize(1)
                .ofMaxSize(6);
    }

    private interface Reading {
        void of(Path path) throws IOException;
    }

    private static void readOrRefuse(String fixture, List<Mutation> mutations) throws IOException {
        readOrRefuse(fixture, mutations, ReaderMutationTest::readSoundly);
    }

    private static void readOrRefuse(String fixture, List<Mutation> mutations, Reading reading) throws IOException {
        readOrRefuse(Files.readAllBytes(Samples.fixture(fixture)), mutations, reading);
    }

    private static void readSoundly(Path file) throws IOException {
        HostileFiles.requireSound(WeightFiles.read(file));
    }

    private static void readOrRefuse(byte[] valid, List<Mutation> mutations, Reading reading) throws IOException {
        byte[] bytes = valid;
        for (Mutation mutation : mutations) bytes = apply(mutation, bytes);
        readOrRefuse(Files.write(scratch, bytes), reading);
    }

    private static void readOrRefuse(Path file, Reading reading) throws IOException {
        try {
            reading.of(file);
        } catch (FormatException expected) {
            // refused by name
        }
    }

    private static byte[] apply(Mutation mutation, byte[] bytes) {
        if (bytes.length == 0) return bytes;
        Random random = new Random(mutation.seed());
        int at = (int) (mutation.at() * (bytes.length - 1));
        int n = Math.min(1 + random.nextInt(40), bytes.length - at);
        byte[] head = Arrays.copyOf(bytes, at);
        return switch (mutation.kind()) {
            case 0 -> joined(head, new byte[] {(byte) (bytes[at] ^ (1 << random.nextInt(8)))}, from(bytes, at + 1));
            case 1 -> joined(head, new byte[] {INTERESTING[random.nextInt(INTERESTING.length)]}, from(bytes, at + 1));
            case 2 -> joined(head, from(bytes, at + n)); // a piece lost
            case 3 -> joined(head, Arrays.copyOfRange(bytes, at, at + n), from(bytes, at)); // a piece twice
            case 4 -> {
                byte[] noise = new byte[n];
                random.nextBytes(noise);
                yield joined(head, noise, from(bytes, at + n));
            }
            default ->
                joined(
                        head,
                        Arrays.copyOfRange(bytes, at / 2, at / 2 + n),
                        from(bytes, at + n)); // a piece of another place
        };
    }

    private static byte[] from(byte[] bytes, int start) {
        return Arrays.copyOfRange(bytes, Math.min(start, bytes.length), bytes.length);
    }

    private static byte[] joined(byte[]... pieces) {
        byte[] all = new byte[Arrays.stream(pieces).mapToInt(p -> p.length).sum()];
        int n = 0;
        for (byte[] piece : pieces) {
            System.arraycopy(piece, 0, all, n, piece.length);
            n += piece.length;
        }
        return all;
    }
}
