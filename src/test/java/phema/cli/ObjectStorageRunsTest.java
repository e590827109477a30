package phema.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import phema.Fixtures;
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

    /** Checkpoints of clusters are folders with a hidden file. */
    @Test
    void checkpointsOfClustersAreReadAndWrittenInABucket() throws IOException {
        Path local = folder.resolve("run");
        Path run = bucket.resolve("runs/megatron");
        for (int step = 1; step <= 3; step++) {
            String name = "iter_000%d000".formatted(step);
            Path checkpoint = Fixtures.copy("clusters/megatron", local.resolve(name), 1000 * step);
            for (String file : Shell.names(checkpoint)) Shell.age(checkpoint.resolve(file));
            S3Endpoint.upload(local.resolve(name), run.resolve(name));
        }
        Files.writeString(local.resolve("latest_checkpointed_iteration.txt"), "3000");
        Files.copy(
                local.resolve("latest_checkpointed_iteration.txt"), run.resolve("latest_checkpointed_iteration.txt"));
        Path out = bucket.resolve("out");

        Shell.phema("reconstruct --indir " + run + " --outdir " + out + " --outstd 0.1 --shard-size 4kB")
                .fine();
        Shell.phema("reconstruct --indir " + run + " --outdir " + out + " --outstd 0.1 --overwrite")
                .fine();
        Shell.phema("reconstruct --indir " + local + " --outdir " + folder + " --outstd 0.1")
                .fine();

        Path written = out.resolve("phema-3000-0.100/iter_0003000");
        assertThat(Shell.names(written)).containsExactly(".metadata", "__0_0.distcp", "common.pt", "metadata.json");
        for (String name : Shell.names(written))
            assertThat(Files.readAllBytes(written.resolve(name)))
                    .isEqualTo(Files.readAllBytes(folder.resolve("phema-3000-0.100/iter_0003000/" + name)));
        assertThat(Shell.phema("inspect " + written.resolve(".metadata")).fine().out())
                .contains("6 tensors");
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

    @ParameterizedTest
    @ValueSource(
            strings = {
                "inspect gs://b/x",
                "diff gs://b/x y",
                "fit --indir gs://b/x --outstd 0.1",
                "reconstruct --indir x --outstd 0.1 --outdir gs://b/x",
                "plan --times 8 --like gs://b/x",
                "train --outdir out --data gs://b/x",
                "generate --net gs://b/x --out y",
                "metrics calc --images x --ref x --num 1 --features fid=gs://b/x",
                "metrics gen --net x --ref gs://b/x",
                "metrics ref --data gs://b/x --dest y.npz",
                "sweep gs://b/x --outstd 0.1"
            })
    void storageThatIsUnknownIsRefusedWhereverItIsNamed(String line) throws IOException {
        String command = line.replace("--ref x", "--ref src/test/resources/fixtures/metrics/fid.npz");
        assertThat(Shell.phema(command).complaint()).contains("gs://b/x' is neither a path nor s3://bucket/prefix");
        assertThat(Path.of("gs:")).doesNotExist();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            train --outdir s3://b/x                | --outdir s3://b/x: training adds to its logs as it goes
            serve --server.port=0 --phema.home=s3://b/x | phema.home s3://b/x: a database and locks need a folder of this machine
            bench generate s3://b/x                | --dir s3://b/x: benchmarks measure disks of this machine
            bench synthesis s3://b/x               | --dir s3://b/x: benchmarks measure disks of this machine
            bench synthesis x --scratch s3://b/x   | --scratch s3://b/x: benchmarks measure disks of this machine
            """)
    void whatABucketCannotDoIsRefusedByName(String line, String complaint) {
        assertThat(Shell.phema(line).complaint()).contains(complaint);
        assertThat(Path.of("s3:")).doesNotExist();
    }

    /** The table, without the line that names the folder. */
    private static List<String> fit(Path run) {
        Shell.Result result =
                Shell.phema("fit --indir " + run + " --outstd 0.05,0.1,0.15").fine();
        return result.out().lines().skip(1).toList();
    }
}
