package phema.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import phema.format.WeightFiles;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class InspectCommandTest {
    private static final String PICKLE = Shell.EDM2 + "/network-snapshot-0000262-0.100.pkl";

    @TempDir
    private Path folder;

    @Test
    void saysWhatAFileHolds() {
        assertThat(Shell.phema("inspect " + PICKLE).fine().out().lines())
                .startsWith(PICKLE + ": edm2 pickle, 23.2 kB, 14 tensors, 8,049 elements (F16 8,048, I64 1)")
                .contains("  img_resolution: 8");
        assertThat(Shell.phema("inspect --tensors " + PICKLE).fine().out())
                .containsPattern("unet\\.emb_noise\\.weight +F16 +\\[32, 16] +parameter +\\d+")
                .containsPattern("unet\\.steps +I64 +\\[] +buffer +\\d+");
    }

    @Test
    void saysWhatAFolderHolds() {
        String out = Shell.phema("inspect " + Shell.EDM2).fine().out();
        assertThat(out).contains("32 snapshots of sigma_rel 0.050 0.100, times 16384 to 262144");
        assertThat(out).containsPattern("network-snapshot-0000131-0\\.050\\.pkl +131072 +0\\.050 +14 +23\\.2 kB");
    }

    @Test
    void fitsAFolderAndNamesFilesThatDoNotBelong() throws IOException {
        assertThat(Shell.phema("inspect --fit " + Shell.EDM2).fine().out())
                .containsPattern(
                        "network-snapshot-0000131-0\\.050\\.pkl +131072 +0\\.050 +14 +23\\.2 kB +[01]\\.\\d\\d +[01]\\.\\d\\d")
                .contains("trajectory model: leaving out each of 32 files in turn", "effective learning rate: ")
                .doesNotContain("does not belong");
        Path run = Shell.copy("edm2", folder.resolve("run"));
        Files.copy(
                run.resolve("network-snapshot-0000114-0.050.pkl"),
                run.resolve("network-snapshot-0000163-0.050.pkl"),
                StandardCopyOption.REPLACE_EXISTING);
        assertThat(Shell.phema("inspect --fit " + run).fine().out())
                .containsPattern(
                        "does not belong to the others: network-snapshot-0000163-0\\.050\\.pkl, .* it holds the "
                                + "same weights as power:0\\.05 at time 114688")
                .contains("without that, the actual error was 1.00 times the predicted one");
        JsonNode report =
                Shell.phema("inspect --fit --json " + run).json().get(0).get("report");
        assertThat(report.at("/oddFiles/0/name").asString()).isEqualTo("network-snapshot-0000163-0.050.pkl");
        assertThat(report.get("innovations").size()).isEqualTo(32);
    }

    @Test
    void namesARunWhoseFileNamesWereMixedUp() throws IOException {
        Path good = Shell.copy("checkpoints", folder.resolve("good"));
        Path run = Files.createDirectories(folder.resolve("run"));
        List<String> names = Shell.names(good);
        List<String> others = new ArrayList<>(names);
        Collections.shuffle(others, new Random(7));
        for (int i = 0; i < names.size(); i++) {
            Path copy = Files.copy(good.resolve(names.get(i)), run.resolve(others.get(i)));
            Shell.age(copy);
        }
        String mixedUp = "the order of their times, as if their names had been mixed up";
        assertThat(Shell.phema("inspect --fit " + good).fine().out()).doesNotContain(mixedUp);
        assertThat(Shell.phema("inspect --fit " + run).fine().out())
                .containsPattern("contradicted by the files: " + mixedUp + "; that of .* or its reverse is likelier");
        assertThat(Shell.phema("fit --indir " + run + " --profile power:0.1")
                        .fine()
                        .out())
                .contains("the files contradict " + mixedUp + ": that of ");
    }

    @Test
    void saysWhatIsWrongWithAFileOfAFolder() throws IOException {
        Path run = Shell.copy("edm2", folder.resolve("run"));
        Files.writeString(run.resolve("network-snapshot-0000000-0.050.pkl"), "");
        assertThat(Shell.phema("inspect " + run).fine().out())
                .contains(
                        "not used (no profile): network-snapshot-0000000-0.050.pkl holds the initial weights (time 0)");
    }

    @Test
    void aFolderOfWhichNothingCanBeUsedIsBadInput() throws IOException {
        Path run = Files.createDirectories(folder.resolve("run"));
        assertThat(Shell.phema("inspect " + run).complaint())
                .startsWith(
                        "phema: " + run
                                + " holds no usable snapshots; it holds no weight files that phema reads: their names look like");
        Files.writeString(run.resolve("step-100.pt"), "hello");
        Shell.age(run.resolve("step-100.pt"));
        Shell.Result result = Shell.phema("inspect --json " + run);
        assertThat(result.complaint()).isEqualTo("phema: " + run + " holds no usable snapshots, as said above");
        assertThat(result.out()).contains("\"excluded\"", "is neither safetensors");
    }

    @Test
    void saysThatFilesAreEqualAndWhatThatMeans() throws IOException {
        Path run = Files.createDirectories(folder.resolve("frozen"));
        Path first = Path.of(Shell.EDM2, "network-snapshot-0000131-0.100.pkl");
        for (int kimg : new int[] {131, 147, 163})
            Files.copy(first, run.resolve("network-snapshot-0000%d-0.100.pkl".formatted(kimg)));
        String equal =
                "note: All 3 files are equal in the 8000 weights that were compared. An EMA that is kept in 16 bits";
        assertThat(Shell.phema("inspect " + run).fine().out()).contains(equal);
        assertThat(Shell.phema("fit --outstd 0.15 --indir " + run).fine().out())
                .contains(equal, "0.150: all 3 stored files are equal in the ")
                .containsPattern("0\\.150 +163840 +1 +unknown");
        JsonNode fit = Shell.phema("fit --json --outstd 0.15 --indir " + run).json();
        assertThat(fit.get("fits").get(0).has("predictedRelativeError")).isFalse();
        assertThat(fit.get("fits").get(0).get("warnings").get(0).asString()).startsWith("all 3 stored files are equal");
        assertThat(fit.get("notices").get(0).asString()).startsWith("All 3 files are equal");
        assertThat(Shell.phema("reconstruct --outstd 0.15 --indir " + run + " --outdir " + folder.resolve("out"))
                        .fine()
                        .out())
                .contains(equal, "warning: 0.150: all 3 stored files are equal", "predicted error unknown");

        Files.copy(
                Path.of(Shell.EDM2, "network-snapshot-0000180-0.100.pkl"),
                run.resolve("network-snapshot-0000180-0.100.pkl"));
        assertThat(Shell.phema("inspect " + run).fine().out())
                .contains("note: 3 files (network-snapshot-0000131-0.100.pkl to network-snapshot-0000163-0.100.pkl)"
                        + " are equal in the 8000 weights that were compared.");
    }

    @Test
    void verifiesFilesAndFolders() throws IOException {
        Path run = Shell.copy("torch/tied", folder.resolve("run"));
        Shell.Result sound = Shell.phema("inspect --verify " + run).fine();
        assertThat(sound.out())
                .contains("step-000100.pt: sound, all 3.53 kB read", "step-000200.pt: sound")
                .contains("  verified: 12 of 12 zip entries by their CRC-32");
        Path damaged = run.toRealPath().resolve("step-000200.pt");
        byte[] bytes = Files.readAllBytes(damaged);
        int flat = (int) WeightFiles.read(damaged).tensors().get(4).offset();
        bytes[flat] ^= 1;
        Files.write(damaged, bytes);
        Shell.Result result = Shell.phema("inspect --verify " + run);
        assertThat(result.status()).isEqualTo(2);
        assertThat(result.out()).contains("step-000100.pt: sound", "step-000200.pt: DAMAGED");
        assertThat(result.err())
                .contains("phema: " + damaged
                        + ": zip entry `step-000200/data/1` (tensor `flat`, `window`) does not match its CRC-32");
        JsonNode json = JsonMapper.shared()
                .readTree(Shell.phema("inspect --verify --json " + damaged).out())
                .get(0);
        assertThat(json.get("sound").asBoolean()).isFalse();
        assertThat(json.get("faults").get(0).asString()).startsWith("zip entry `step-000200/data/1`");
        assertThat(Shell.phema("inspect --verify " + folder.resolve("missing")).status())
                .isEqualTo(2);
    }

    @Test
    void goesOnBehindAFileThatIsBrokenOrMissing() throws IOException {
        Path text = Files.writeString(folder.resolve("notes.txt"), "hello");
        Shell.Result result = Shell.phema("inspect %s %s %s".formatted(text, folder.resolve("missing"), PICKLE));
        assertThat(result.status()).isEqualTo(2);
        assertThat(result.err().lines())
                .containsExactly(
                        "phema: " + text + ": is neither safetensors (or its *.index.json) nor an EDM2 pickle nor a"
                                + " torch checkpoint (or the .metadata of a distributed one)",
                        "phema: " + folder.resolve("missing") + ": does not exist");
        assertThat(result.out()).contains("14 tensors");
    }

    @Test
    void printsFilesAsJson() {
        JsonNode file = Shell.phema("inspect --json --tensors " + PICKLE).json().get(0);
        assertThat(file.get("path").asString()).isEqualTo(PICKLE);
        assertThat(file.get("format").asString()).isEqualTo("pkl");
        assertThat(file.get("sizeBytes").asLong()).isEqualTo(23_239);
        assertThat(file.get("elements").asLong()).isEqualTo(8049);
        assertThat(file.get("elementsByDType").get("F16").asLong()).isEqualTo(8048);
        assertThat(file.get("tensors").size()).isEqualTo(14);
        JsonNode tensor = file.get("tensors").get(1);
        assertThat(tensor.get("shape").isArray()).isTrue();
        assertThat(tensor.get("strides").isArray()).isTrue();
        assertThat(tensor.get("role").asString()).isEqualTo("parameter");
        assertThat(Shell.phema("inspect --json " + PICKLE).json().get(0).has("tensors"))
                .isFalse();
    }

    @Test
    void printsFoldersAsJson() {
        JsonNode run = Shell.phema("inspect --json " + Shell.EDM2).json().get(0);
        assertThat(run.get("snapshots").size()).isEqualTo(32);
        JsonNode snapshot = run.get("snapshots").get(31);
        assertThat(snapshot.get("name").asString()).isEqualTo("network-snapshot-0000262-0.100.pkl");
        assertThat(snapshot.get("profile").get("sigmaRel").asDouble()).isEqualTo(0.1);
        assertThat(snapshot.get("profile").get("time").asDouble()).isEqualTo(262_144);
        assertThat(run.get("excluded").isEmpty()).isTrue();
    }
}
