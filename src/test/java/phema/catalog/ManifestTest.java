package phema.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import phema.Fixtures;
import phema.catalog.Excluded.ExclusionReason;
import phema.format.FormatException;
import phema.format.Tensor;
import phema.format.WeightFiles;
import phema.profile.Exponential;
import phema.profile.Impulse;
import phema.profile.Power;
import phema.profile.Profile;
import phema.profile.Scheduled;
import phema.profile.ScheduledDecay;
import phema.profile.SigmaRel;
import phema.profile.Warmup;
import phema.tensor.DType;
import phema.time.Ticker;

class ManifestTest {
    @TempDir
    Path folder;

    @Test
    void takesTimeAndWidthFromTheNames() throws IOException {
        manifest("files: 'ema-{sigmaRel}-step{time}.safetensors'", "timeScale: 256");
        weights("ema-0.05-step1000.safetensors", "ema-0.10-step2000.safetensors", "other-000001.safetensors");

        assertThat(scan().snapshots())
                .extracting(Snapshot::profile)
                .containsExactly(Power.ofSigmaRel(0.05, 256_000), Power.ofSigmaRel(0.1, 512_000));
    }

    @Test
    void takesRawCheckpointsAndOtherAveragesByTheirProfile() throws IOException {
        manifest("files: 'x-*-{time}.safetensors'", "profile: exponential:decay=0.999");
        weights("x-a-100.safetensors", "x-b-200.safetensors");

        assertThat(scan().snapshots())
                .extracting(Snapshot::profile)
                .containsExactly(Exponential.ofDecay(0.999, 100), Exponential.ofDecay(0.999, 200));
    }

    @Test
    void takesTheDecaysOfTrainers() throws IOException {
        manifest(
                "files: 'x-{time}.safetensors'",
                "timeScale: 256",
                "profile: 'ema:0.9999,warmup=2/3,after=1,batch=256'");
        weights("x-100.safetensors", "x-200.safetensors");

        var decay = new ScheduledDecay(new Warmup.PowerWarmup(2 / 3.0, 1), 0.9999, 1, 1, 256);
        assertThat(scan().snapshots())
                .extracting(Snapshot::profile)
                .containsExactly(new Scheduled(decay, 25_600), new Scheduled(decay, 51_200));
    }

    @Test
    void takesAListOfFilesWithTheirOwnTimesAndProfiles() throws IOException {
        manifest(
                "profile: impulse",
                "files:",
                "- {name: b.safetensors, time: 2e3, profile: 'power:0.1'}",
                "- {name: a.safetensors, time: 1000}",
                "- {name: absent.safetensors, time: 3000}");
        weights("a.safetensors", "b.safetensors");

        Run run = scan();

        assertThat(run.snapshots())
                .extracting(Snapshot::profile)
                .containsExactly(new Impulse(1000), Power.ofSigmaRel(0.1, 2000));
        assertThat(run.notices()).anyMatch(n -> n.contains("absent.safetensors, which is not there"));
    }

    /**
     * The beta of a single step, applied every tenth: a tenth of the exponent, on a clock that starts where averaging
     * does.
     */
    @Test
    void correctsTheProfileForUpdatesThatAreFewAndLate() throws IOException {
        manifest(
                "sigmaRels: [0.05, 0.28]",
                "updateEvery: 10",
                "updateAfterStep: 100",
                "files: 'e{index}.{time}.safetensors'");
        weights("e0.1000.safetensors", "e1.1000.safetensors", "e1.100.safetensors", "e2.1000.safetensors");

        Run run = scan();

        assertThat(run.snapshots())
                .extracting(Snapshot::profile)
                .containsExactlyInAnyOrder(
                        new Power((SigmaRel.toGamma(0.05) + 1) / 10 - 1, 900),
                        new Power((SigmaRel.toGamma(0.28) + 1) / 10 - 1, 900));
        assertThat(run.excluded())
                .extracting(Excluded::message)
                .containsExactly(
                        "e1.100.safetensors holds the initial weights (time 0), no average",
                        "e2.1000.safetensors has index 2, but phema.yaml gives only 2 sigmaRels or gammas, for 0 to 1");
    }

    /** ema-pytorch takes either argument. */
    @Test
    void takesExponentsInsteadOfWidths() throws IOException {
        manifest("gammas: [16.97, 6.94]", "updateEvery: 2");
        weights("0.1000.pt", "1.1000.pt");

        assertThat(scan().snapshots())
                .extracting(Snapshot::profile)
                .containsExactlyInAnyOrder(new Power((16.97 + 1) / 2 - 1, 1000), new Power((6.94 + 1) / 2 - 1, 1000));
    }

    /** 256 images in a step: a decay per image and one per step are not the same. */
    @Test
    void saysInWhichUnitADecayCounts() throws IOException {
        manifest("files: 'x-{time}.safetensors'", "profile: 'exponential:decay=0.9999'", "timeScale: 256");
        weights("x-100.safetensors", "x-200.safetensors");

        assertThat(scan().notices())
                .contains("exponential:decay=0.9999 is in units of the run's clock, of which 256 are one in the"
                        + " files' names (timeScale): its half-life is 6931.13, which is 27.07 of theirs. A decay per step"
                        + " is exponential:rate=-ln(DECAY)/256.");
    }

    @Test
    void saysWhichPatternsMatchNothingAndWhatWasMeant() throws IOException {
        manifest(
                "files: 'x-{time}.safetensors'",
                "profile: impulse",
                "exclude: [mask]",
                "buffers: [layer.mean, '*.w']",
                "parameters: [nothing]");
        TestFiles.safetensors(
                folder.resolve("x-1.safetensors"), Map.of(), Map.of("module.w", 1f, "module.mask", 2f, "mean", 3f));

        assertThat(scan().notices())
                .containsExactly(
                        "`mask` under exclude in phema.yaml matches no tensor; did you mean `module.mask`?",
                        "`layer.mean` under buffers in phema.yaml matches no tensor; did you mean `mean`?",
                        "`nothing` under parameters in phema.yaml matches no tensor.");
    }

    @Test
    void saysWithWhatNamesBeginWhereThePrefixIsAnother() throws IOException {
        manifest("files: 'x-{time}.safetensors'", "profile: impulse", "prefix: 'modul.'");
        TestFiles.safetensors(folder.resolve("x-1.safetensors"), Map.of(), Map.of("module.w", 1f, "step", 2f));

        assertThat(scan().excluded())
                .singleElement()
                .extracting(Excluded::message)
                .isEqualTo(
                        "x-1.safetensors holds no tensor whose name begins with `modul.`, the prefix in phema.yaml; its"
                                + " names begin with `module.`, `step`");
    }

    @Test
    void selectsAndRenamesTensors() throws IOException {
        manifest(
                "files: 'x-{time}.safetensors'",
                "profile: impulse",
                "prefix: ema_model.",
                "exclude: ['*.tmp']",
                "buffers: ['*.mean']");
        for (int i = 1; i <= 2; i++)
            TestFiles.safetensors(
                    folder.resolve("x-" + i + ".safetensors"),
                    Map.of(),
                    Map.of("ema_model.a", 1f, "ema_model.a.tmp", 2f, "ema_model.a.mean", 3f, "step", 4f));

        assertThat(scan().snapshots()).hasSize(2).allSatisfy(snapshot -> {
            assertThat(snapshot.file().tensors())
                    .extracting(Tensor::name, Tensor::role)
                    .containsExactly(
                            org.assertj.core.groups.Tuple.tuple("a", Tensor.TensorRole.PARAMETER),
                            org.assertj.core.groups.Tuple.tuple("a.mean", Tensor.TensorRole.BUFFER));
            assertThat(snapshot.sample().values()).containsExactly(1);
        });
    }

    @Test
    void neverAveragesTheBatchCounterThatSomeTrackersStoreAsAFloat() throws IOException {
        manifest("files: 'x-{time}.safetensors'", "profile: impulse");
        for (int i = 1; i <= 2; i++)
            TestFiles.safetensors(
                    folder.resolve("x-" + i + ".safetensors"),
                    Map.of(),
                    Map.of("1.weight", 1f, "1.num_batches_tracked", Float.POSITIVE_INFINITY));

        assertThat(scan().snapshots())
                .hasSize(2)
                .allSatisfy(snapshot -> assertThat(snapshot.sample().values()).containsExactly(1));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {files: 'x-{time}.pt', profile: impulse, sigmaRel: [0.1]} | line 1, column 42: unknown key sigmaRel; did you mean sigmaRels?
            {files: 'x-{time}.pt', profile: 'ema:0.999'}                | line 1, column 33: profile is wrong: ema:0.999 leaves open how the decay begins
            {hub: {weights: ../w.safetensors}}                          | line 1, column 17: weights must be a path below this folder
            {hub: {weights: model.bin}}                                 | line 1, column 17: weights must end with .safetensors
            {hub: {files: [/etc/passwd]}}                               | line 1, column 16: an entry of files must be a path below this folder
            {hub: {files: [.ssh/key]}}                                  | line 1, column 16: an entry of files must be a path below this folder
            {hub: {owner: a/b}}                                         | line 1, column 15: owner must be a name of letters
            {hub: {repo: x}}                                            | line 1, column 8: unknown key repo
            {network: {channels_per_heads: 16}}                         | line 1, column 12: unknown key channels_per_heads; did you mean channels_per_head?
            {network: {channels_per_head: 16.5}}                        | line 1, column 31: channels_per_head must be a whole number above 0, not 16.5
            {network: {res_balance: 3}}                                 | line 1, column 25: res_balance must be a number from 0 to 1, not 3
            {network: {clip_act: 0}}                                    | line 1, column 22: clip_act must be a number above 0, or none, not 0
            {network: {resample_filter: [1, x]}}                        | line 1, column 29: resample_filter must be a list of numbers
            {network: {sigma_data: 0.5, sigma_data: 1}}                 | line 1, column 29: sigma_data is given twice
            {network: {}}                                               | line 1, column 11: network states nothing
            {network: 16}                                               | line 1, column 11: network must be a mapping
            {network: {clip_act: 1}, timeScale: 2}                      | line 1, column 1: files is missing
            {hub: {owner: lab}, timeScale: 2}                           | line 1, column 1: files is missing
            {files: 'x-{step}.pt', profile: impulse}                  | line 1, column 9: files has an unknown field {step}; there are {time}, {index}, {sigmaRel}
            {files: 'x-*.pt', profile: impulse}                       | line 1, column 9: files must say where the time stands in the names
            {files: '../x-{time}.pt', profile: impulse}               | line 1, column 9: files must name a file in this folder
            {files: 'x-{time}.pt'}                                    | line 1, column 9: the files' profile is missing
            {files: 'x-{time}.pt', profile: powr:0.1}                 | line 1, column 33: profile is wrong: cannot read the profile "powr:0.1"
            {files: 'x-{time}.pt', profile: impulse, timeScale: -2}   | line 1, column 53: timeScale must be a number above 0 and below 1e15, not -2
            {files: 'x-{time}.pt', profile: impulse, timeScale: a}    | line 1, column 53: timeScale must be a number, not a
            {files: 'x-{time}.pt', profile: impulse, buffers: a}      | line 1, column 51: buffers must be a list
            {files: 'x-{time}.pt', profile: impulse, profile: impulse}| line 1, column 42: profile is given twice
            {files: [{name: a}], profile: impulse}                    | line 1, column 10: time is missing
            {files: [{name: a//b, time: 1}], profile: impulse}        | line 1, column 17: name must name a file in this folder, or in one below it as in checkpoint-500/model.safetensors, not a//b
            {files: 'x-{time}/..', profile: impulse}                  | line 1, column 9: files must name a file in this folder
            {files: [{name: a, time: 1}], averages: [{file: b, profile: impulse}]} | line 1, column 9: files must be a pattern of folders
            {files: 'x-{time}', averages: [{file: b, profile: impulse}, {prefix: c, profile: impulse}]} | line 1, column 31: averages name sets of weights both by file and by prefix
            {files: 'x-{time}', averages: [{file: b, profile: impulse}, {file: b, profile: swa}]} | line 1, column 68: b is listed twice
            {files: [{name: a, time: 1}]}                             | line 1, column 10: a has no profile, nor has the manifest
            {sigmaRels: [0.05, 0.4], updateEvery: 1}                  | line 1, column 20: an entry of sigmaRels is wrong: sigma_rel must lie in (0, 0.288675), not 0.4
            {sigmaRels: [0.05, 0.28]}                                 | line 1, column 13: updateEvery is missing
            {sigmaRels: [0.05, 0.28], updateEvery: 1.5}               | line 1, column 40: updateEvery must be a whole number, at least 1, not 1.5
            {gammas: [16.97, -6.94], updateEvery: 10}                 | line 1, column 18: an entry of gammas must be a number above 0 and below 1e9, as PostHocEMA's argument gammas, not -6.94
            {gammas: [16.97, 6.94]}                                   | line 1, column 10: updateEvery is missing
            {gammas: [6.94], sigmaRels: [0.1], updateEvery: 1}        | line 1, column 10: sigmaRels and gammas say the same in two ways
            {files: 'x-{time}.pt', gammas: [6.94]}                    | line 1, column 32: {index} in files and sigmaRels (or gammas) belong together
            {files: 'x-{time}-{index}.pt', gammas: [6.94], profile: impulse} | line 1, column 57: only one of profile, sigmaRels (or gammas)
            {updateEvery: 1}                                          | line 1, column 1: files is missing
            {files: 'x-{time}-{index}.pt', profile: impulse}          | line 1, column 9: {index} in files and sigmaRels (or gammas) belong together
            [a]                                                       | line 1, column 1: the manifest must be a mapping
            {files: [                                                 | line 2, column 1: is not YAML
            ``                                                        | is empty
            """)
    void refusesWhatIsWrongAndSaysWhere(String text, String message) throws IOException {
        manifest(text);

        assertThatThrownBy(() -> Manifest.read(folder.resolve(Manifest.FILE_NAME), anywhere -> true))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("phema.yaml: " + message)
                .message()
                .doesNotContain("\n");
    }

    /** Aliases of aliases, and tags that other readers would construct objects from. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            a: &a [x,x,x]|b: &b [*a,*a,*a]|files: [*b,*b]
            files: !!javax.script.ScriptEngineManager [!!java.net.URL ['http://localhost/']]||
            """)
    void constructsNothing(String first, String second, String third) throws IOException {
        manifest(first, String.valueOf(second), String.valueOf(third));

        assertThatThrownBy(() -> Manifest.read(folder.resolve(Manifest.FILE_NAME), anywhere -> true))
                .isInstanceOf(FormatException.class);
    }

    @Test
    void refusesAManifestOfMoreThanAMegabyte() throws IOException {
        manifest("# " + "x".repeat(1 << 20));

        assertThatThrownBy(() -> Manifest.read(folder.resolve(Manifest.FILE_NAME), anywhere -> true))
                .hasMessageContaining("is larger than 1048576 bytes");
    }

    @Test
    void aBrokenManifestLeavesARunWithoutSnapshotsThatSaysWhy() throws IOException {
        weights("step-1000.safetensors", "step-2000.safetensors");
        manifest("files: 'step-{tim}.safetensors'");

        Run run = scan();

        assertThat(run.snapshots()).isEmpty();
        assertThat(run.excluded()).singleElement().satisfies(e -> {
            assertThat(e.reason()).isEqualTo(ExclusionReason.MANIFEST);
            assertThat(e.message()).contains("phema.yaml: line 1, column 8: files has an unknown field {tim}");
        });
    }

    @Test
    void aChangedManifestIsSeenByTheNextLook() throws IOException {
        RunScanner scanner = RunScanner.repeated(
                WeightFiles::read,
                anywhere -> true,
                new Settling(Duration.ZERO, InstantSource.system(), Ticker.SYSTEM));
        weights("step-1000.safetensors");
        manifest("files: 'step-{time}.safetensors'", "profile: impulse");
        Scan first = scanner.scan("run", folder, Selection.DEFAULT, Scan.NONE);
        manifest("files: 'step-{time}.safetensors'", "profile: power:0.1");

        Scan second = scanner.scan("run", folder, Selection.DEFAULT, first);

        assertThat(profile(first)).isEqualTo(new Impulse(1000));
        assertThat(profile(second)).isEqualTo(Power.ofSigmaRel(0.1, 1000));
        assertThat(scanner.scan("run", folder, Selection.DEFAULT, second)).isSameAs(second);
    }

    /** What was read of a file before may be the other weights. */
    @Test
    void otherWeightsOfTheSameFilesAreRead() throws IOException {
        RunScanner scanner = RunScanner.repeated(
                WeightFiles::read,
                anywhere -> true,
                new Settling(Duration.ZERO, InstantSource.system(), Ticker.SYSTEM));
        for (int step = 1; step <= 2; step++)
            Fixtures.copy("clusters/megatron", folder.resolve("iter_000%d000".formatted(step)), 1000 * step);
        Scan model = scanner.scan("run", folder, Selection.DEFAULT, Scan.NONE);
        manifest("group: optimizer.fp32");
        Scan masters = scanner.scan("run", folder, Selection.DEFAULT, model);

        assertThat(dtypes(model)).containsOnly(DType.BF16);
        assertThat(dtypes(masters)).containsOnly(DType.F32);
        assertThat(scanner.scan("run", folder, Selection.DEFAULT, masters)).isSameAs(masters);
        Files.delete(folder.resolve("phema.yaml"));
        assertThat(dtypes(scanner.scan("run", folder, Selection.DEFAULT, masters)))
                .containsOnly(DType.BF16);
    }

    private static List<DType> dtypes(Scan scan) {
        assertThat(scan.run().snapshots()).hasSize(2);
        return scan.run().newest().file().tensors().stream().map(Tensor::dtype).toList();
    }

    @Test
    void saysHowARunLooksAsARepositoryWithoutAnythingElse() throws IOException {
        TestFiles.safetensors(folder.resolve(TestFiles.FIRST + ".safetensors"), "w", 1);
        manifest(
                "hub:",
                "  owner: lab",
                "  weights: unet/diffusion_pytorch_model.safetensors",
                "  files: [model_index.json, scheduler/scheduler_config.json]");

        Run run = scan();

        assertThat(run.snapshots()).extracting(Snapshot::name).containsExactly(TestFiles.FIRST + ".safetensors");
        assertThat(run.publication())
                .isEqualTo(new Publication(
                        Optional.of("lab"),
                        "unet/diffusion_pytorch_model.safetensors",
                        List.of(
                                "config.json",
                                "unet/config.json",
                                "model_index.json",
                                "scheduler/scheduler_config.json")));
    }

    @Test
    void saysHowAnyRunLooksAsARepository() throws IOException {
        manifest("files: 'step-{time}.safetensors'", "profile: impulse", "hub: {owner: lab}");
        weights("step-1000.safetensors");

        assertThat(scan().snapshots()).hasSize(1);
        assertThat(scan().publication())
                .isEqualTo(new Publication(Optional.of("lab"), "model.safetensors", List.of("config.json")));
    }

    @Test
    void widthsCanBeChosenAsElsewhere() throws IOException {
        manifest("files: 'ema-{sigmaRel}-{time}.safetensors'");
        weights("ema-0.05-1000.safetensors", "ema-0.10-1000.safetensors");

        Run run = RunScanner.scan(folder, new Selection(Optional.empty(), List.of(0.1)));

        assertThat(run.snapshots())
                .singleElement()
                .satisfies(s -> assertThat(s.profile().meanTime())
                        .isCloseTo(Power.ofSigmaRel(0.1, 1000).meanTime(), within(1e-9)));
    }

    private static Profile profile(Scan scan) {
        return scan.run().snapshots().getFirst().profile();
    }

    private Run scan() throws IOException {
        return RunScanner.scan(folder, Selection.DEFAULT);
    }

    private void manifest(String... lines) throws IOException {
        Files.writeString(folder.resolve(Manifest.FILE_NAME), String.join("\n", lines) + "\n");
    }

    private void weights(String... names) throws IOException {
        for (String name : names) TestFiles.safetensors(folder.resolve(name), "w", 1, 2, 3);
    }

    /** Which a star before it may leave over. */
    @ParameterizedTest
    @ValueSource(strings = {"step-*{time}.pt", "step-0*{time}.pt", "*{time}.pt"})
    void aTimeIsTheWholeNumber(String files) throws IOException {
        for (int step : new int[] {90, 100})
            TestFiles.safetensors(folder.resolve("step-%06d.pt".formatted(step)), "w", step);
        Files.writeString(folder.resolve("phema.yaml"), "files: '" + files + "'\nprofile: impulse\n");
        assertThat(RunScanner.scan(folder, Selection.DEFAULT).snapshots())
                .extracting(Snapshot::time)
                .containsExactly(90.0, 100.0);
    }
}
