package phema.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import phema.RandomCase;
import phema.RandomCases;

class SnapshotNameTest {
    @Test
    void readsWhatTheTrainingLoopWrites() {
        SnapshotName name =
                SnapshotName.parse("network-snapshot-2147483-0.050.pkl").orElseThrow();

        assertThat(name.prefix()).isEqualTo("network-snapshot");
        assertThat(name.sigmaRel()).isEqualTo(0.05);
        assertThat(name.nimg()).isEqualTo(2147483648L); // the published EDM2 models: 2^31 images
        assertThat(name.form()).isEqualTo(SnapshotName.Form.PICKLE);
    }

    @RandomCases
    void recoversTheExactImageCountFromTheNameOfEveryMultipleOf1024(RandomCase random) {
        long nimg = random.between(0, 1L << 39) * 1024;

        assertThat(SnapshotName.parse("x-" + nimg / 1000 + "-0.100.pkl")
                        .orElseThrow()
                        .nimg())
                .isEqualTo(nimg);
    }

    @Test
    void knowsSingleAndShardedSafetensors() {
        assertThat(SnapshotName.parse("a-0000016-0.100.safetensors")
                        .orElseThrow()
                        .form())
                .isEqualTo(SnapshotName.Form.SAFETENSORS);
        assertThat(SnapshotName.parse("a-0000016-0.100.safetensors.index.json")
                        .orElseThrow()
                        .form())
                .isEqualTo(SnapshotName.Form.SHARDED_SAFETENSORS);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                ".network-snapshot-0000016-0.050.pkl",
                "network-snapshot-0000016-0.050.pkl.tmp",
                "network-snapshot-0000016-0.050.pkl.part",
                "network-snapshot-0000016-0.050-00001-of-00002.safetensors",
                "training-state-0000016.pt",
                "network-snapshot-9999999999999-0.050.pkl"
            })
    void isNotTheNameOfHiddenTemporaryOrPartialFiles(String name) {
        assertThat(SnapshotName.parse(name)).isEmpty();
    }
}
