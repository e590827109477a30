package phema.format;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/** Damage of any kind ends in a {@link FormatException} or in a file that is still whole enough to read; anything else fails these tests. */
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

    @Property(tries = 1000)
    void aDamagedPickleIsReadOrRefused(@ForAll("mutations") List<Mutation> mutations) throws IOException {
        readOrRefuse("edm2/network-snapshot-0000016-0.050.pkl", mutations);
    }

    @Property(tries = 1000)
    void aDamagedSafetensorsFileIsReadOrRefused(@ForAll("mutations") List<Mutation> mutations) throws IOException {
        readOrRefuse("safetensors/network-snapshot-0000016-0.050.safetensors", mutations);
    }

    @Property(tries = 1000)
    void aDamagedTorchCheckpointIsReadOrRefused(@ForAll("mutations") List<Mutation> mutations) throws IOException {
        readOrRefuse("torch/training.ckpt", mutations);
    }

    /** Changes that keep every place keep the directory readable, so that more is reached. */
    @Property(tries = 1000)
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

    @Property(tries = 1000)
    void aDamagedNumpyPickleIsReadOrRefused(@ForAll("mutations") List<Mutation> mutations) throws IOException {
        readOrRefuse("metrics/reference-4.pkl", mutations, NumpyPickle::read);
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
        readOrRefuse(fixture, mutations, WeightFiles::read);
    }

    private static void readOrRefuse(String fixture, List<Mutation> mutations, Reading reading) throws IOException {
        byte[] bytes = Files.readAllBytes(Samples.fixture(fixture));
        for (Mutation mutation : mutations) bytes = apply(mutation, bytes);
        Files.write(scratch, bytes);
        try {
            reading.of(scratch);
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
