package phema.synthesis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import phema.TestWeights;
import phema.catalog.Run;
import phema.format.Format;
import phema.format.WeightFile;
import phema.format.WeightFiles;
import phema.tensor.DType;

/** Several who ask for the same weights at the same time. */
class SharedBlocksTest {
    private static final int CLIENTS = 8;

    @TempDir
    private Path folder;

    private final Engine engine = new Engine(1 << 20, 2, KernelChoice.AUTO, 64 << 20, anywhere -> true);
    private Run run;
    private Content content;
    private byte[] whole;
    private long once;

    @BeforeEach
    void readOnce() throws IOException {
        run = run("", 1);
        content = content(engine, run);
        try (Engine alone = new Engine(1 << 20, 2)) {
            whole = TestRuns.bytes(content(alone, run));
            once = alone.bytesRead();
        }
    }

    @AfterEach
    void close() {
        engine.close();
    }

    private Run run(String below, long seed) throws IOException {
        Path here = Files.createDirectories(folder.resolve(below));
        return TestRuns.run(file(here.resolve("a.safetensors"), seed), file(here.resolve("b.safetensors"), seed + 1));
    }

    private static WeightFile file(Path path, long seed) throws IOException {
        TestRuns.safetensors(path, TestWeights.Entry.random("w", DType.F32, new Random(seed), 1 << 20));
        Files.setLastModifiedTime(path, FileTime.fromMillis(1_700_000_000_000L));
        return WeightFiles.read(path);
    }

    private static Content content(Engine by, Run run) {
        return new Syntheses(by)
                .whole(PreparedWeights.of(
                        run, "out", TestRuns.fit(run, 0.3, 0.7), OutputOptions.of(Format.SAFETENSORS)));
    }

    private List<byte[]> together(Callable<byte[]> client) throws Exception {
        CountDownLatch start = new CountDownLatch(1);
        List<byte[]> all = new ArrayList<>();
        try (ExecutorService clients = Executors.newFixedThreadPool(CLIENTS)) {
            List<Future<byte[]>> results = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++)
                results.add(clients.submit(() -> {
                    start.await();
                    return client.call();
                }));
            start.countDown();
            for (Future<byte[]> result : results) all.add(result.get());
        }
        return all;
    }

    @Test
    void haveOneReadOfTheSnapshots() throws Exception {
        assertThat(together(() -> TestRuns.bytes(content))).allMatch(bytes -> Arrays.equals(bytes, whole));
        assertThat(engine.bytesRead()).isEqualTo(once);
        assertThat(engine.bytesShared()).isGreaterThan((CLIENTS - 2L) * whole.length);
        assertThat(engine.openFiles()).isZero();
    }

    /** Each channel takes some bytes and then no more. */
    @Test
    void losesNothingWhereTheFirstIsGone() throws Exception {
        CountDownLatch late = new CountDownLatch(CLIENTS);
        List<byte[]> received = together(() -> {
            late.countDown();
            if (late.getCount() == CLIENTS - 1) {
                ByteArrayOutputStream some = new ByteArrayOutputStream() {
                    @Override
                    public synchronized void write(byte[] bytes, int from, int count) {
                        if (size() > 1 << 20) throw new IllegalStateException("gone");
                        super.write(bytes, from, count);
                    }
                };
                assertThatThrownBy(() -> content.transferTo(Channels.newChannel(some), 0, content.size()))
                        .hasMessage("gone");
                return whole;
            }
            return TestRuns.bytes(content);
        });
        assertThat(received).allMatch(bytes -> Arrays.equals(bytes, whole));
        assertThat(engine.bytesRead()).isLessThan(2 * once);
    }

    /** Copies of a run's names, sizes and times may hold other weights. */
    @Test
    void areOfOneFolder() throws Exception {
        Content other = content(engine, run("other", 5));
        assertThat(other.identity()).isEqualTo(content.identity());
        byte[] first = TestRuns.bytes(content);
        assertThat(TestRuns.bytes(other)).isNotEqualTo(first);
    }

    @Test
    void computesAnewWhatIsNoLongerKept() throws Exception {
        try (Engine small = new Engine(1 << 20, 2, KernelChoice.AUTO, 1 << 20, anywhere -> true)) {
            Content here = content(small, run);
            assertThat(TestRuns.bytes(here)).isEqualTo(whole);
            assertThat(TestRuns.bytes(here)).isEqualTo(whole);
            assertThat(small.bytesRead()).isEqualTo(2 * once);
            assertThat(small.bytesShared()).isZero();
        }
    }

    @Test
    void computesAnewWhatFailed() throws Exception {
        Path file = folder.resolve("a.safetensors");
        byte[] kept = Files.readAllBytes(file);
        var modified = Files.getLastModifiedTime(file);
        byte[] nan = kept.clone();
        for (int i = 1; i <= 4; i++) nan[nan.length - i] = (byte) 0xff;
        Files.write(file, nan);
        Files.setLastModifiedTime(file, modified);
        assertThatThrownBy(() -> TestRuns.bytes(content)).hasMessageContaining("NaN");
        Files.write(file, kept);
        Files.setLastModifiedTime(file, modified);
        assertThat(TestRuns.bytes(content)).isEqualTo(whole);
    }
}
