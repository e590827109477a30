package phema.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Raw checkpoints whose names end in a loss or a setting look like EDM2's averages. */
class NamesLikeEdm2Test {
    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({
        "unet-001-0.117 unet-002-0.120 unet-003-0.108 unet-004-0.111, unet-{time}-*",
        "m-000100-0.16 m-000200-0.16 m-000300-0.15 m-000400-0.15, m-{time}-*",
        "m-000100-0.16 m-000200-0.16, m-{time}-*",
        "net-000100-1.150 net-000200-1.100 net-000200-0.050, net-{time}-*",
        "net-0000100-0.500 net-0000200-0.500, net-{time}-*"
    })
    void asksWhatTheLastNumberIsWhereItSeemsToBeNoWidth(String names, String pattern) throws IOException {
        Run run = scan(names);
        assertThat(run.snapshots()).isEmpty();
        assertThat(run.manifest()).containsExactly("files: '" + pattern + ".safetensors'", "profile: impulse");
        assertThat(run.excluded())
                .singleElement()
                .extracting(Excluded::message)
                .asString()
                .contains("it may be a loss, or another setting, of raw checkpoints", "{sigmaRel}");
    }

    @ParameterizedTest
    @CsvSource({
        "net-0000016-0.050 net-0000016-0.100 net-0000032-0.050 net-0000032-0.100, 4",
        "net-0000016-0.050 net-0000016-0.100 net-0000032-0.150 net-0000048-0.200, 4", // others were deleted
        "net-0000016-0.050 net-0000032-0.100, 2",
        "net-0000016-0.0125 net-0000016-0.0250 net-0000032-0.0125, 3",
        "net-0000016-0.050 net-0000032-0.050 net-0000032-0.500, 2"
    })
    void takesTheWidthsOfEdm2WithoutAWord(String names, int snapshots) throws IOException {
        Run run = scan(names);
        assertThat(run.snapshots()).hasSize(snapshots);
        assertThat(run.notices()).noneMatch(notice -> notice.contains("raw checkpoints"));
    }

    @Test
    void saysWhatItAssumesOfFilesOfOneWidth() throws IOException {
        assertThat(scan("dit-0000100-0.100 dit-0000200-0.100").notices())
                .anyMatch(notice -> notice.startsWith("Files such as dit-0000200-0.100.safetensors are taken for EDM2's"
                                + " averages of sigma_rel 0.100")
                        && notice.contains("`files: 'dit-{time}-*.safetensors'`"));
        assertThat(scan("network-snapshot-0000100-0.100 network-snapshot-0000200-0.100 network-snapshot-0000300-0.100")
                        .notices())
                .noneMatch(notice -> notice.contains("taken for"));
    }

    @Test
    void takesTheWordOfWhoeverAsksForAWidth() throws IOException {
        scan("unet-001-0.117 unet-002-0.120 unet-003-0.108");
        assertThat(RunScanner.scan(folder, new Selection(Optional.empty(), List.of(0.117, 0.108)))
                        .snapshots())
                .hasSize(2);
    }

    /** Written into the run's folder under its prefix. */
    @Test
    void outputsAreNoSnapshotsUnlessAManifestNamesThem() throws IOException {
        scan("net-0000016-0.050 net-0000016-0.100 net-0000032-0.050 net-0000032-0.100");
        TestFiles.safetensors(
                folder.resolve("net-0000032-0.070.safetensors"),
                Map.of("phema.profile", "power:0.07"),
                Map.of("w", 7f));
        Run run = RunScanner.scan(folder, Selection.DEFAULT);
        assertThat(run.snapshots()).hasSize(4);
        assertThat(run.excluded())
                .singleElement()
                .extracting(Excluded::message)
                .asString()
                .startsWith("net-0000032-0.070.safetensors was made by phema of other files");
        Files.writeString(
                folder.resolve("phema.yaml"), "files: 'net-{time}-{sigmaRel}.safetensors'\ntimeScale: 1000\n");
        assertThat(RunScanner.scan(folder, Selection.DEFAULT).snapshots()).hasSize(5);
    }

    private Run scan(String names) throws IOException {
        int value = 0;
        for (String name : names.split(" ")) TestFiles.safetensors(folder.resolve(name + ".safetensors"), "w", ++value);
        return RunScanner.scan(folder, Selection.DEFAULT);
    }
}
