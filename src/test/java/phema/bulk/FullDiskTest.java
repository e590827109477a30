package phema.bulk;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.jimfs.Configuration;
import com.google.common.jimfs.Jimfs;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.Primary;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import phema.PhemaApplication;
import phema.bench.SnapshotGenerator;
import phema.fleet.WorkState;
import phema.format.Format;
import phema.text.ByteSize;
import phema.time.Await;

/** Bulk syntheses to a disk of 200 MB. */
@Import(FullDiskTest.Disk.class)
@SpringBootTest(
        classes = PhemaApplication.class,
        webEnvironment = WebEnvironment.NONE,
        properties = "phema.catalog.settle=0s")
class FullDiskTest {
    private static final long SIZE = 200_000_000;
    private static final FileSystem DISK = Jimfs.newFileSystem(
            Configuration.unix().toBuilder().setMaxSize(SIZE).setBlockSize(4096).build());
    private static final Path SYNTHESES = DISK.getPath("/syntheses");
    private static final Path OTHERS = DISK.getPath("/others");

    @TestConfiguration
    static class Disk {
        @Bean
        @Primary
        BulkProperties smallDisk() {
            return new BulkProperties(SYNTHESES, ByteSize.of("1GB"));
        }
    }

    @TempDir
    static Path folder;

    @DynamicPropertySource
    static void properties(DynamicPropertyRegistry registry) throws IOException {
        SnapshotGenerator.uniform(Format.SAFETENSORS, 4, 20_000_000)
                .write(folder.resolve("runs/large"), 2, bytes -> {});
        registry.add("phema.roots", () -> folder.resolve("runs").toString());
        registry.add("phema.home", () -> folder.resolve("home").toString());
    }

    @Autowired
    SynthesisJobs jobs;

    @AfterEach
    void makeRoom() throws IOException {
        Files.deleteIfExists(OTHERS);
    }

    /** Four files of 40 MB. */
    private SynthesisJob ended() throws Exception {
        List<SynthesisSpec.SynthesisTarget> targets = Stream.of("0.06", "0.07", "0.08", "0.09")
                .map(sigmaRel -> new SynthesisSpec.SynthesisTarget("power:" + sigmaRel, 8 << 20))
                .toList();
        String id = jobs.create(TestSyntheses.wide("large", targets, 0)).id();
        Await.until(() -> jobs.job(id).state().isEnd());
        return jobs.job(id);
    }

    private static void take(long bytes) throws IOException {
        try (FileChannel file = FileChannel.open(
                OTHERS, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND)) {
            for (long n = 0; n < bytes; n += 1 << 16) file.write(ByteBuffer.allocate(1 << 16));
        }
    }

    private static List<Path> everything() throws IOException {
        if (!Files.exists(SYNTHESES)) return List.of();
        try (Stream<Path> all = Files.list(SYNTHESES)) {
            return all.toList();
        }
    }

    /** Room was looked for before the first file is begun. */
    private static boolean isBegun() throws IOException {
        if (!Files.exists(SYNTHESES)) return false;
        try (Stream<Path> all = Files.walk(SYNTHESES)) {
            return all.anyMatch(Files::isRegularFile);
        }
    }

    private static void awaitNothingLeft() throws Exception {
        Await.until(() -> everything().isEmpty());
    }

    @Test
    void withoutRoomNothingIsBegunAndWithRoomAllIsWell() throws Exception {
        take(50_000_000);
        SynthesisJob failed = ended();
        assertThat(failed.state()).isEqualTo(WorkState.FAILED);
        assertThat(failed.error().orElseThrow())
                .matches("/syntheses/\\S+: the outputs need 160 MB, [0-9.]+ [kM]?B more than is free;"
                        + " make room, or choose another folder");
        awaitNothingLeft();

        Files.delete(OTHERS);
        SynthesisJob done = ended();
        assertThat(done.state()).isEqualTo(WorkState.DONE);
        assertThat(done.files())
                .hasSize(4)
                .allMatch(file -> isOf40Megabytes(SYNTHESES.resolve(done.id()).resolve(file)));
        jobs.delete(done.id());
        awaitNothingLeft();
    }

    private static boolean isOf40Megabytes(Path file) {
        try {
            return Files.size(file) > 40_000_000 && Files.size(file) < 40_010_000;
        } catch (IOException e) {
            return false;
        }
    }

    @Test
    void aDiskThatRunsFullMeanwhileKeepsNothing() throws Exception {
        take(SIZE - 163_000_000);
        Thread others = Thread.ofPlatform().start(() -> {
            try {
                while (!isBegun()) Thread.onSpinWait();
                take(SIZE);
            } catch (IOException full) {
                assertThat(full).hasMessageContaining("out of disk space");
            }
        });
        SynthesisJob failed = ended();
        others.join();
        assertThat(failed.state()).isEqualTo(WorkState.FAILED);
        assertThat(failed.error().orElseThrow())
                .startsWith("/syntheses/")
                .endsWith(": the disk is full; nothing was kept. Make room, or choose another folder");
        awaitNothingLeft();
    }
}
