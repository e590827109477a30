package phema.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import phema.format.Value.Call;
import phema.format.Value.Dict;
import phema.format.Value.Global;
import phema.format.Value.Int;
import phema.format.Value.Items;
import phema.format.Value.Real;
import phema.format.Value.Text;
import phema.format.Value.Tuple;

/** Opcodes are written as ISO-8859-1 text, most of which is what {@code pickletools} calls them by. */
class PickleTest {
    @TempDir
    Path folder;

    /** What Python's {@code pickle.dumps} makes of these numbers. */
    @ParameterizedTest
    @CsvSource({
        "4b0e, 14",
        "4dd204, 1234",
        "4affffffff, -1",
        "4a00000080, -2147483648",
        "8a0100, 0",
        "8a00, 0",
        "8a0500000000ff, -4294967296",
        "8a0a6cfc9c46f9206aa85019, 119547037146038801333356",
    })
    void readsIntegers(String hex, BigInteger value) throws IOException {
        assertThat(read(fromHex("8002" + hex + "2e"))).isEqualTo(new Int(value));
    }

    @Test
    void readsFloatsAndText() throws IOException {
        assertThat(read(fromHex("8004473fe00000000000002e"))).isEqualTo(new Real(0.5));
        assertThat(read(fromHex("80048c03c3a9782e"))).isEqualTo(new Text("\u00e9x"));
    }

    @Test
    void aListMayContainItself() throws IOException {
        // pickle.dumps of a = []; a.append(a)
        assertThat(read(fromHex("80045d946800612e")))
                .asInstanceOf(type(Items.class))
                .satisfies(list -> assertThat(list.items()).singleElement().isSameAs(list));
    }

    @Test
    void callsAreDescribedAndNotMade() throws IOException {
        Value value = read("\u0080\u0002cos\nsystem\n\u008c\u0004exit\u0085R.", Set.of(new Global("os", "system")));
        assertThat(value).asInstanceOf(type(Call.class)).satisfies(call -> {
            assertThat(call.function()).isEqualTo(new Global("os", "system"));
            assertThat(call.arguments()).containsExactly(new Text("exit"));
        });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "cos\nsystem\n\u008c\u0004exit\u0085R.",
                "\u008c\u0002os\u008c\u0006system\u0093)R.",
                "\u008c\u0002os\u0094\u008c\u0006system\u0094h\u0000h\u0001\u0093.",
                "]\u008c\u0002os\u008c\u0006system\u0093a."
            })
    void aGlobalThatIsNotAllowedIsRefusedByName(String pickle) {
        assertThatThrownBy(() -> read(pickle, Set.of(new Global("os", "path"))))
                .isInstanceOf(FormatException.class)
                .hasMessageEndingWith(": needs the global `os.system`, which is not part of a test; refusing to go on");
    }

    @Test
    void aGlobalIsRefusedWithinOneCleanLine() {
        String name = "x\r\u001b[31m".repeat(40);
        assertThatThrownBy(() -> read("c" + name + "\ny\n.", Set.of()))
                .message()
                .doesNotContainPattern("\\p{Cntrl}")
                .hasSizeLessThan(600);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "i os\nsystem\n.", // INST
                "o.", // OBJ
                "\u0082\u0001.", // EXT1
                "\u0097.", // NEXT_BUFFER
                "I1\n.", // INT of protocol 0
                "S'x'\n.",
                "\u008b\u0001\u0000\u0000\u0000\u0001.", // LONG4
                "\u00ff"
            })
    void opcodesThatNoSnapshotHasAreRefused(String pickle) {
        assertThatThrownBy(() -> read(pickle, Set.of()))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("opcode 0x");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                ".",
                "0.",
                "1.",
                "2.",
                "t.",
                "a.",
                "e.",
                "s.",
                "u.",
                "d.",
                "b.",
                "R.",
                "Q.",
                "q\u0000.",
                "\u0094.",
                "h\u0000.",
                "j\u0000\u0000\u0000\u0000.",
                "\u0085.",
                "\u0087.",
                "\u0093.",
                "\u0081.",
                "\u0092.",
                "NNa.",
                "}(Nu.",
                "N}b.",
                "N)R.",
                "NN\u0093.",
                "(Nd.",
                "NNNs.",
                "",
                "\u0080",
                "\u0080\u0006N.",
                "\u0080\u0001N."
            })
    void whatMakesNoSenseIsRefused(String pickle) {
        assertThatThrownBy(() -> read(pickle, Set.of())).isInstanceOf(FormatException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "8e0000000000010000", // BINBYTES8, 2^40
                "8effffffffffffffff",
                "96ffffffffffffff7f", // BYTEARRAY8
                "42ffffffff", // BINBYTES
                "43ff", // SHORT_BINBYTES
                "58ffffffff", // BINUNICODE
                "58ffffff7f",
                "8d0000000000010000", // BINUNICODE8
                "8dffffffffffffffff",
                "8cff", // SHORT_BINUNICODE
                "8aff", // LONG1
                "95ffffffffffffff7f", // FRAME
                "95ffffffffffffffff"
            })
    void aLengthThatTheFileDoesNotHaveIsRefusedBeforeAnythingIsAllocated(String hex) {
        assertThatThrownBy(() -> read(fromHex("8004" + hex + "2e")))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("bytes at byte ")
                .hasMessageContaining(" are left");
    }

    @Test
    void tooMuchTextIsRefused() {
        byte[] pickle = new byte[Pickle.MAX_TEXT + 100];
        pickle[0] = 'X';
        pickle[3] = 0x40;
        pickle[1] = 1;
        assertThatThrownBy(() -> read(pickle))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("too much text");
    }

    @Test
    void anIntegerOfHundredsOfBitsIsRefused() {
        assertThatThrownBy(() -> read(fromHex("8a11" + "01".repeat(17) + "2e")))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("has an integer of 17 bytes");
    }

    @Test
    void nestingCostsNoStack() throws IOException {
        ByteArrayOutputStream deep = new ByteArrayOutputStream();
        deep.write(')');
        for (int i = 0; i < 80_000; i++) deep.write(0x85);
        for (int i = 0; i < 5_000; i++) deep.write('(');
        for (int i = 0; i < 5_000; i++) deep.write('t');
        deep.write('.');
        assertThat(read(deep.toByteArray())).isInstanceOf(Tuple.class);
    }

    @Test
    void tooManyOpcodesAreRefused() {
        byte[] dicts = "}".repeat(100_001).getBytes(StandardCharsets.ISO_8859_1);
        assertThatThrownBy(() -> read(dicts))
                .hasMessageEndingWith("has more than 100000 pickle opcodes, too many for a test");
    }

    @Test
    void theLastOfTwoEntriesUnderOneKeyCountsAsInPython() throws IOException {
        // pickletools: EMPTY_DICT MARK 'k' 1 'k' 2 SETITEMS
        assertThat(read(fromHex("80047d288c016b4b018c016b4b02752e")))
                .asInstanceOf(type(Dict.class))
                .satisfies(dict -> assertThat(dict.get("k")).contains(new Int(BigInteger.TWO)));
    }

    private Value read(String pickle, Set<Global> allowed) throws IOException {
        return read(pickle.getBytes(StandardCharsets.ISO_8859_1), allowed);
    }

    private Value read(byte[] pickle) throws IOException {
        return read(pickle, Set.of());
    }

    private Value read(byte[] pickle, Set<Global> allowed) throws IOException {
        Path path = Files.write(folder.resolve("a.pkl"), pickle);
        try (InputFile file = InputFile.open(path)) {
            return Pickle.read(file.cursor(0, file.size()), "a test", allowed::contains, 100_000);
        }
    }

    private static byte[] fromHex(String hex) {
        return java.util.HexFormat.of().parseHex(hex);
    }
}
