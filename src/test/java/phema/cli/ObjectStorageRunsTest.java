package phema.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import phema.storage.S3Endpoint;

class ObjectStorageRunsTest {
    private static final String NAME = "phema-0000262-0.100.pkl";

    @TempDir
    private Path folder;

    private final Path bucket = S3Endpoint.bucket();

    @Test
    void reconstructsFromAndIntoABucketWhatItReconstructsFromAFolder() throws IOException {
        Path run = S3Endpoint.upload(Shell.FIXTURES.resolve("edm2"), bucket.resolve("runs/xs"));
        Path out = bucket.resolve("out");

        Shell.phema("reconstruct --indir " + run + " --outdir " + out + " --outstd 0.1,0.15")
                .fine();
        Shell.phema("reconstruct --indir " + Shell.EDM2 + " --outdir " + folder + " --outstd 0.1")
                .fine();

        assertThat(Files.readAllBytes(out.resolve(NAME))).isEqualTo(Files.readAllBytes(folder.resolve(NAME)));
        assertThat(Shell.names(out)).containsExactly(NAME, "phema-0000262-0.150.pkl");
        assertThat(Shell.phema("reconstruct --indir " + run + " --outdir " + out + " --outstd 0.1")
                        .complaint())
                .contains(out.resolve(NAME) + " exists");
    }

    @Test
    void inspectsAndFitsRunsInABucket() throws IOException {
        Path run = S3Endpoint.upload(Shell.FIXTURES.resolve("safetensors"), bucket.resolve("xs"));

        assertThat(Shell.phema("inspect " + run).fine().out()).contains("32 snapshots");
        assertThat(fit(run)).isEqualTo(fit(Shell.FIXTURES.resolve("safetensors")));
        assertThat(Shell.phema("fit --indir " + bucket.resolve("none") + " --outstd 0.1")
                        .complaint())
                .contains("none");
        assertThat(Shell.phema("fit --indir gs://bucket/x --outstd 0.1").complaint())
                .contains("gs://bucket/x")
                .contains("s3://bucket/prefix");
    }

    /** The table, without the line that names the folder. */
    private static List<String> fit(Path run) {
        Shell.Result result =
                Shell.phema("fit --indir " + run + " --outstd 0.05,0.1,0.15").fine();
        return result.out().lines().skip(1).toList();
    }
}
