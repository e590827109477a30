package phema.synthesis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
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
    private static final FileTime TIME = FileTime.fromMillis(1_700_000_000_000L);

    @TempDir
    private Path folder;

    private final Engine engine = new Engine(1 << 20, 2, KernelChoice.PLAIN, 64 << 20, anywhere -> true);
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
        Files.setLastModifiedTime(path, TIME);
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

    /** A copy of a run has the same identity, wherever it lies, but is read where it is asked for. */
    @Test
    void areOfOneFolder() throws Exception {
        Content copy = content(engine, run("copy", 1));
        assertThat(copy.identity()).isEqualTo(content.identity());
        assertThat(TestRuns.bytes(content)).isEqualTo(TestRuns.bytes(copy));
        assertThat(engine.bytesRead()).isEqualTo(2 * once);
    }

    @Test
    void computesAnewWhatIsNoLongerKept() throws Exception {
        try (Engine small = new Engine(1 << 20, 2, KernelChoice.PLAIN, 1 << 20, anywhere -> true)) {
            Content here = content(small, run);
            assertThat(TestRuns.bytes(here)).isEqualTo(whole);
            assertThat(TestRuns.bytes(here)).isEqualTo(whole);
            assertThat(small.bytesRead()).isEqualTo(2 * once);
            assertThat(small.bytesShared()).isZero();
        }
    }

    /** What was read of a file that was overwritten and restored meanwhile. */
    @Test
    void areNotOfOtherContents() throws Exception {
        Path file = folder.resolve("a.safetensors");
        byte[] kept = Files.readAllBytes(file);
        file(file, 9);
        byte[] others = Files.readAllBytes(file);
        Files.write(file, kept);
        Files.setLastModifiedTime(file, TIME);
        Content before =
                content(engine, TestRuns.run(WeightFiles.read(file), file(folder.resolve("b.safetensors"), 2)));
        ByteArrayOutputStream overwriting = new ByteArrayOutputStream() {
            @Override
            public synchronized void write(byte[] bytes, int from, int count) {
                if (size() == 0) overwrite(file, others);
                super.write(bytes, from, count);
            }
        };
        assertThatThrownBy(() -> before.transferTo(Channels.newChannel(overwriting), 0, before.size()))
                .hasMessageContaining("has changed since it was indexed");
        overwrite(file, kept);
        Files.setLastModifiedTime(file, TIME);
        Content after = content(
                engine, TestRuns.run(WeightFiles.read(file), WeightFiles.read(folder.resolve("b.safetensors"))));
        assertThat(after.identity()).isEqualTo(before.identity());
        assertThat(TestRuns.bytes(before)).isEqualTo(whole);
        assertThat(TestRuns.bytes(after)).isEqualTo(whole);
    }

    private static void overwrite(Path file, byte[] bytes) {
        try {
            Files.write(file, bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void computesAnewWhatFailed() throws Exception {
        SharedBlocks blocks = new SharedBlocks(100);
        Block block = new Block(0, 3, List.of(), 0);
        blocks.get("file", block, () -> CompletableFuture.failedFuture(new IOException("gone")));
        assertThat(blocks.get("file", block, () -> CompletableFuture.completedFuture(new byte[3]))
                        .get())
                .hasSize(3);
        assertThat(blocks.shared()).isZero();
    }
}
