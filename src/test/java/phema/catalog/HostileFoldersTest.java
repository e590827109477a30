package phema.catalog;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import phema.format.FormatException;
import phema.format.RegularFiles;
import phema.time.Ticker;

/**
 * Whatever lies below a root, a scan ends, opens nothing that is no regular file below a root, and shows the good run
 * beside it. Outside of the roots there are pipes: whoever opened one would wait forever.
 */
@DisabledOnOs(OS.WINDOWS)
@Timeout(60)
class HostileFoldersTest {
    private static final String SNAPSHOT = "x-0000001-0.100.safetensors";

    @TempDir
    Path temporary;

    private Path root;
    private Path run;
    private Path outside;
    private Catalog catalog;

    @BeforeEach
    void createRoots() throws Exception {
        root = Files.createDirectory(temporary.resolve("root")).toRealPath();
        run = Files.createDirectory(root.resolve("hostile"));
        outside = pipe(temporary.toRealPath().resolve("outside"));
        TestFiles.safetensors(root.resolve("good").resolve(SNAPSHOT), "w", 1);
        catalog = new Catalog(
                TestFiles.properties(temporary, root),
                TestFiles.store(TestFiles.database(temporary)),
                phema.format.WeightFiles::read,
                InstantSource.system(),
                Ticker.SYSTEM);
    }

    @AfterEach
    void stop() {
        catalog.stop();
    }

    /** What the scan shows of the hostile folder: notices and excluded files, each of one line. */
    private List<String> complaints() throws Exception {
        catalog.start();
        assertThat(catalog.run("good").snapshots()).hasSize(1);
        return catalog.runs().stream()
                .filter(run -> run.name().equals("hostile"))
                .flatMap(run -> Stream.concat(
                        run.notices().stream(), run.excluded().stream().map(Excluded::message)))
                .peek(line -> assertThat(line).doesNotContainPattern("\\p{Cc}"))
                .toList();
    }

    @ParameterizedTest
    @ValueSource(strings = {SNAPSHOT, "x-0000001-0.100.pkl", "x-0000001-0.100.safetensors.index.json", "phema.yaml"})
    void aPipeBlocksNothing(String name) throws Exception {
        pipe(run.resolve(name));
        assertThat(complaints()).allMatch(line -> line.contains("pipe") || line.contains("No file is named"));
    }

    @ParameterizedTest
    @ValueSource(strings = {SNAPSHOT, "x-0000001-0.100.pkl", "x-0000001-0.100.safetensors.index.json", "phema.yaml"})
    void whatLiesOutsideIsNotOpened(String name) throws Exception {
        Files.createSymbolicLink(run.resolve(name), outside);
        complaints();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"/dev/zero", "/dev/stdin", "/dev/tty", "/proc/self/mem", "/proc/self/environ", "/etc/passwd"})
    void neitherDevicesNorFilesOfTheSystemAreRead(String path) throws Exception {
        Files.createSymbolicLink(run.resolve(SNAPSHOT), Path.of(path));
        Files.createSymbolicLink(run.resolve("phema.yaml"), Path.of(path));
        assertThat(complaints()).isNotEmpty().noneMatch(line -> line.contains("root:"));
        assertThat(catalog.run("hostile").snapshots()).isEmpty();
    }

    /** The bytes of a header's length would be in the message. */
    @Test
    void aShardThatLiesOutsideIsNotEvenLookedAt() throws Exception {
        Path secret = Files.writeString(temporary.resolve("secret"), "password1234567890");
        Files.createSymbolicLink(run.resolve("shard.safetensors"), secret);
        Files.writeString(run.resolve(SNAPSHOT + ".index.json"), "{\"weight_map\":{\"w\":\"shard.safetensors\"}}");
        TestFiles.age(run.resolve(SNAPSHOT + ".index.json"));
        assertThat(complaints())
                .containsExactly(
                        "shard.safetensors is a link that leads outside of phema.roots and is ignored.",
                        "shard.safetensors: lies outside of phema.roots; move it there");
    }

    @Test
    void circlesEnd() throws Exception {
        Files.createSymbolicLink(run.resolve(SNAPSHOT), run.resolve("y-0000001-0.100.safetensors"));
        Files.createSymbolicLink(run.resolve("y-0000001-0.100.safetensors"), run.resolve(SNAPSHOT));
        Files.createSymbolicLink(run.resolve("phema.yaml"), run.resolve("phema.yaml"));
        Files.createSymbolicLink(run.resolve("up"), root);
        Files.createSymbolicLink(run.resolve("here"), run);
        assertThat(complaints()).singleElement().asString().contains("phema.yaml");
    }

    @Test
    void aManifestThatNamesFilesElsewhereNamesNone() throws Exception {
        Files.writeString(
                run.resolve("phema.yaml"), "files: [{name: ../../secret.safetensors, time: 1, profile: impulse}]");
        assertThat(complaints()).singleElement().asString().contains("must name a file in this folder");
    }

    @Test
    void aNameThatWouldEndTheLineDoesNot() throws Exception {
        Files.write(run.resolve("x\n\u001b[2J-0000001-0.100.safetensors"), "nothing".getBytes(ISO_8859_1));
        Files.writeString(run.resolve("y-0000001-0.100.safetensors"), "nothing");
        assertThat(complaints()).isNotEmpty();
    }

    @Test
    void whatIsWrongInAManifestIsShownInOneLine() throws Exception {
        Files.writeString(run.resolve("phema.yaml"), "\"a\\n\\e[2Jb\": " + "c".repeat(100_000));
        assertThat(complaints()).singleElement().asString().hasSizeLessThan(1_000);
    }

    @Test
    void aFolderOf20000OtherFilesIsSkimmed() throws Exception {
        for (int i = 0; i < 20_000; i++) Files.createFile(run.resolve("junk-" + i + ".txt"));
        complaints();
    }

    /** A name may lead elsewhere than when it was indexed. */
    @Test
    void anIndexedFileThatBecameALinkOutsideIsNotRead() throws Exception {
        Path file = TestFiles.safetensors(run.resolve(SNAPSHOT), "w", 1);
        assertThat(complaints()).isEmpty();
        Files.delete(file);
        Files.createSymbolicLink(file, outside);
        assertThatThrownBy(() -> RegularFiles.open(file, catalog::mayRead))
                .isInstanceOf(FormatException.class)
                .hasMessageEndingWith("lies outside of phema.roots; move it there");
    }

    /** Four stars and 50,000 letters: a backtracking matcher would need longer than the universe is old. */
    @Test
    void aPatternOfStarsIsMatchedInNoTime() {
        NamePattern pattern = NamePattern.of("*a*a*ab");
        assertThat(pattern.matches("a".repeat(50_000))).isFalse();
        assertThat(pattern.matches("a".repeat(50_000) + "\nb" + "ab")).isTrue();
        assertThat(NamePattern.of("a*bc*c").matches("abcbcc")).isTrue();
        assertThat(NamePattern.of("a*a").matches("a")).isFalse();
        assertThat(NamePattern.of("*").matches("")).isTrue();
    }

    private static Path pipe(Path path) throws Exception {
        if (new ProcessBuilder("mkfifo", path.toString()).start().waitFor() != 0)
            throw new IOException("mkfifo failed");
        return path;
    }
}
