package phema.format;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import phema.Fixtures;
import phema.RandomCase;
import phema.RandomCases;

/** Damage of any kind ends in a {@link FormatException} or in a file that is still whole enough to read. */
class ReaderMutationTest {
    private static final byte[] INTERESTING = {
        0, 1, 0x7f, (byte) 0x80, (byte) 0xff, '(', '.', 't', 'R', 'b', '{', '"', ']'
    };

    /** Few random bytes are opcodes with operands; these are, so that they get further. */
    private static final List<String> OPCODES = List.of(
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
            "((X\u0007\0\0\0storagectorch\nFloatStorage\nX\u0001\0\0\0000"
                    + "X\u0003\0\0\0cpuK\u0003tQK\0K\u0003\u0085K\u0001\u0085\u0089ccollections\nOrderedDict\n)Rt");

    /** The kinds of damage, the first two of which keep every place. */
    private static final int KINDS = 6;

    @TempDir
    private static Path folder;

    private static Path scratch = Path.of("");

    @BeforeAll
    static void nameScratch() {
        scratch = folder.resolve("mutated.bin");
    }

    @RandomCases
    void aDamagedPickleIsReadOrRefused(RandomCase random) throws IOException {
        damageAndRead("edm2/network-snapshot-0000016-0.050.pkl", random);
    }

    @RandomCases
    void aDamagedSafetensorsFileIsReadOrRefused(RandomCase random) throws IOException {
        damageAndRead("safetensors/network-snapshot-0000016-0.050.safetensors", random);
    }

    @RandomCases
    void aDamagedTorchCheckpointIsReadOrRefused(RandomCase random) throws IOException {
        damageAndRead("torch/training.ckpt", random);
    }

    /** Changes that keep every place keep the directory readable, so that more is reached. */
    @RandomCases
    void aTorchCheckpointOfChangedBytesIsReadOrRefused(RandomCase random) throws IOException {
        damageAndRead(contents("torch/training.ckpt"), random, 2, ReaderMutationTest::readSoundly);
    }

    @RandomCases(500)
    void aDamagedNumpyArchiveIsReadOrRefused(RandomCase random) throws IOException {
        damageAndRead(
                contents("metrics/fid-compressed.npz"), random, KINDS, path -> NumpyArchive.read(path, any -> true));
    }

    @RandomCases(500)
    void aDamagedArrayOfBytesIsReadOrRefused(RandomCase random) throws IOException {
        String fixture = random.of(List.of("images/npz/compressed.npz", "images/npz/samples.npz"));
        damageAndRead(contents(fixture), random, KINDS, path -> {
            try (NumpyBytes array = NumpyBytes.open(path, "arr_0")) {
                array.read(0, new byte[(int) array.shape().elements()]);
            }
        });
    }

    @RandomCases
    void aDamagedNumpyPickleIsReadOrRefused(RandomCase random) throws IOException {
        damageAndRead(contents("metrics/reference-4.pkl"), random, KINDS, NumpyPickle::read);
    }

    @RandomCases
    void aDamagedIndexIsReadOrRefused(RandomCase random) throws IOException {
        String index = "{\"metadata\":{\"total_size\":12,\"format\":\"pt\"},\"weight_map\":{\"a\":\"%s\",\"b\":\"%s\"}}"
                .formatted(scratch.getFileName(), scratch.getFileName());
        damageAndRead(index.getBytes(StandardCharsets.UTF_8), random, KINDS, ReaderMutationTest::readSoundly);
    }

    @RandomCases
    void aDamagedDistributedCheckpointIsReadOrRefused(RandomCase random) throws IOException {
        Path checkpoint = folder.resolve("cuts");
        if (Files.notExists(checkpoint)) Fixtures.copy("clusters/cuts", checkpoint);
        Path metadata = checkpoint.resolve(".metadata");
        Path damaged = random.nextBoolean() ? metadata : checkpoint.resolve("__0_0.distcp");
        byte[] valid = Files.readAllBytes(damaged);
        try {
            damageAndRead(damaged, valid, random, random.nextBoolean() ? 2 : KINDS, any -> readSoundly(metadata));
        } finally {
            Files.write(damaged, valid);
        }
    }

    @RandomCases
    void aDamagedCheckpointOfDeepSpeedIsReadOrRefused(RandomCase random) throws IOException {
        String stage = random.of(List.of("zero2", "zero3"));
        Path checkpoint = folder.resolve(stage);
        if (Files.notExists(checkpoint)) Fixtures.copy("clusters/" + stage, checkpoint);
        Path model =
                checkpoint.resolve((stage.equals("zero3") ? "zero_pp_rank_0_" : "") + "mp_rank_00_model_states.pt");
        Path damaged =
                random.nextBoolean() ? model : checkpoint.resolve("bf16_zero_pp_rank_1_mp_rank_00_optim_states.pt");
        byte[] valid = Files.readAllBytes(damaged);
        try {
            damageAndRead(damaged, valid, random, 2, any -> readSoundly(model));
        } finally {
            Files.write(damaged, valid);
        }
    }

    @RandomCases
    void anySequenceOfOpcodesIsReadOrRefused(RandomCase random) throws IOException {
        byte[] pickle = ("\u0080\u0004" + opcodes(random) + ".").getBytes(StandardCharsets.ISO_8859_1);
        readOrRefuse(Files.write(scratch, pickle), ReaderMutationTest::readSoundly);
    }

    @RandomCases
    void aTorchCheckpointOfAnyOpcodesIsReadOrRefused(RandomCase random) throws IOException {
        byte[] pickle = ("\u0080\u0002}X\u0001\0\0\0a" + opcodes(random) + "s.").getBytes(StandardCharsets.ISO_8859_1);
        Map<String, byte[]> entries =
                Samples.ordered("a/data.pkl", pickle, "a/data/0", new byte[12], "a/version", new byte[] {'3'});
        readOrRefuse(HostileFiles.archive(scratch, entries), ReaderMutationTest::readSoundly);
    }

    private static String opcodes(RandomCase random) {
        return String.join("", random.list(1, 40, () -> random.of(OPCODES)));
    }

    private interface Reading {
        void of(Path path) throws IOException;
    }

    private static byte[] contents(String fixture) throws IOException {
        return Files.readAllBytes(Fixtures.fixture(fixture));
    }

    private static void readSoundly(Path file) throws IOException {
        HostileFiles.requireSound(WeightFiles.read(file));
    }

    private static void damageAndRead(String fixture, RandomCase random) throws IOException {
        damageAndRead(contents(fixture), random, KINDS, ReaderMutationTest::readSoundly);
    }

    /** From one to six damages of the first so many kinds. */
    private static void damageAndRead(byte[] valid, RandomCase random, int kinds, Reading reading) throws IOException {
        damageAndRead(scratch, valid, random, kinds, reading);
    }

    private static void damageAndRead(Path path, byte[] valid, RandomCase random, int kinds, Reading reading)
            throws IOException {
        byte[] bytes = valid;
        for (int left = random.between(1, 6); left > 0; left--) bytes = damaged(bytes, random, kinds);
        readOrRefuse(Files.write(path, bytes), reading);
    }

    private static void readOrRefuse(Path file, Reading reading) throws IOException {
        try {
            reading.of(file);
        } catch (FormatException expected) {
            // refused by name
        }
    }

    private static byte[] damaged(byte[] bytes, RandomCase random, int kinds) {
        if (bytes.length == 0) return bytes;
        // Most of a fixture's structure lies in its first tenth.
        int at = (int) (random.between(0, random.nextBoolean() ? 0.1 : 1) * (bytes.length - 1));
        int n = Math.min(1 + random.nextInt(40), bytes.length - at);
        byte[] head = Arrays.copyOf(bytes, at);
        return switch (random.nextInt(kinds)) {
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
