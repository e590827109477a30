package phema.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Numbers of three digits and more that are no times of one run, by the word before them. */
class NamesThatAskTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "trial_00",
                "client_00",
                "run00",
                "exp00",
                "worker-00",
                "expert_00",
                "ensemble_00",
                "task_00",
                "seed00",
                "model_fold00",
                "lora_rank_00",
                "sigma_10",
                "guidance_10",
                "model_sparsity_00"
            })
    void runsSideBySideAreAskedFor(String begin) throws IOException {
        assertAsked(begin, "may be of runs side by side", "{time}.safetensors'` and `profile: impulse`");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "run-00000",
                "trial_run-step-00",
                "generation_00",
                "expert-lora-00",
                "crun00",
                "mean_flow-00",
                "slow_r50-00",
                "soma-00"
            })
    void otherNamesAreTakenAsBefore(String begin) throws IOException {
        assertThat(scan(begin).snapshots()).hasSize(3);
    }

    @Test
    void whatFilesStateAnswers() throws IOException {
        for (int i = 1; i <= 3; i++)
            TestFiles.safetensors(
                    folder.resolve("run00%d.safetensors".formatted(i)),
                    Map.of("epoch", String.valueOf(i)),
                    Map.of("w", (float) i));
        assertThat(RunScanner.scan(folder, Selection.DEFAULT).snapshots()).hasSize(3);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "lawa_step_00",
                "soup_00",
                "mean_00",
                "ma-00",
                "wavg_00",
                "ave_00",
                "slow-00",
                "bma_00",
                "key_encoder_00",
                "net.mean-epoch00"
            })
    void wordsOfAveragesBeforeTheNumberAreAskedFor(String begin) throws IOException {
        assertAsked(begin, "hold averages by their name");
    }

    private void assertAsked(String begin, String... words) throws IOException {
        Run run = scan(begin);
        assertThat(run.snapshots()).isEmpty();
        assertThat(run.excluded())
                .singleElement()
                .extracting(Excluded::message)
                .asString()
                .contains(words);
    }

    private Run scan(String begin) throws IOException {
        for (int i = 1; i <= 3; i++) TestFiles.safetensors(folder.resolve(begin + i + ".safetensors"), "w", i);
        return RunScanner.scan(folder, Selection.DEFAULT);
    }
}
