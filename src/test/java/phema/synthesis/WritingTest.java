package phema.synthesis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.jimfs.Configuration;
import com.google.common.jimfs.Jimfs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import phema.TestWeights;
import phema.catalog.Run;
import phema.format.Format;
import phema.format.WeightFile;
import phema.format.WeightFiles;
import phema.problem.Problem;
import phema.tensor.DType;

/** How files appear, or do not. */
class WritingTest {
    private static final OutputOptions SAFETENSORS = OutputOptions.of(Format.SAFETENSORS);

    private final Engine engine = new Engine(1 << 20, 2);
    private final Syntheses syntheses = new Syntheses(engine);

    @TempDir
    private Path folder;

    private Path out = Path.of("");
    private Run run = TestRuns.run();

    @BeforeEach
    void makeRun() throws IOException {
        out = folder.resolve("out");
        Random random = new Random(1);
        run = TestRuns.run(
                TestRuns.safetensors(
                        folder.resolve("a.safetensors"),
                        TestWeights.Entry.random("w", DType.F32, random, 100_000),
                        TestWeights.Entry.random("v", DType.F32, random, 7)),
                TestRuns.safetensors(
                        folder.resolve("b.safetensors"),
                        TestWeights.Entry.random("w", DType.F32, random, 100_000),
                        TestWeights.Entry.random("v", DType.F32, random, 7)));
    }

    @AfterEach
    void leavesNoFileOpen() {
        assertThat(engine.openFiles()).isZero();
        engine.close();
    }

    private PreparedWeights weights(int targets) {
        List<FittedTarget> all = new ArrayList<>();
        for (int t = 0; t < targets; t++) all.add(target(t));
        return new PreparedWeights(run, all, SAFETENSORS);
    }

    private FittedTarget target(int t) {
        return new FittedTarget("out-" + t, TestRuns.fit(run, 1 - t / 256.0, t / 256.0), List.of());
    }

    private PreparedWeights only(int t) {
        return weights(1).with(List.of(target(t)));
    }

    private void write(int targets, Path to, boolean overwrite) throws IOException {
        syntheses.write(weights(targets), to, overwrite, bytes -> {});
    }

    @Test
    void createsTheFolderAndTellsOfEveryByteOfABody() throws IOException {
        AtomicLong progress = new AtomicLong();
        List<Path> written = syntheses.write(weights(2), out.resolve("deep/er"), false, progress::addAndGet);
        assertThat(written)
                .containsExactly(out.resolve("deep/er/out-0.safetensors"), out.resolve("deep/er/out-1.safetensors"));
        assertThat(progress).hasValue(2 * 4 * 100_007);
        assertThat(Files.size(written.get(0)) + Files.size(written.get(1)))
                .isEqualTo(syntheses.pass(weights(2)).size());
    }

    @Test
    @EnabledOnOs({OS.LINUX, OS.MAC})
    void filesHaveThePermissionsOfAnyNewFile() throws IOException {
        write(1, out, false);
        Path usual = Files.writeString(folder.resolve("usual"), "");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(out.resolve("out-0.safetensors"))))
                .isEqualTo(PosixFilePermissions.toString(Files.getPosixFilePermissions(usual)));
    }

    @Test
    void refusesToReplaceAFileUnlessTold() throws IOException {
        Files.createDirectories(out);
        Files.writeString(out.resolve("out-1.safetensors"), "mine");
        assertThatThrownBy(() -> write(2, out, false))
                .isInstanceOf(Problem.class)
                .hasMessage(out.resolve("out-1.safetensors") + " exists");
        assertThat(TestRuns.names(out)).containsExactly("out-1.safetensors");
        assertThat(out.resolve("out-1.safetensors")).hasContent("mine");

        write(2, out, true);
        assertThat(TestRuns.names(out)).containsExactly("out-0.safetensors", "out-1.safetensors");
        assertThat(Files.readAllBytes(out.resolve("out-1.safetensors")))
                .isEqualTo(TestRuns.bytes(syntheses.files(only(1)).getFirst()));
    }

    @Test
    void aDistributedCheckpointIsAFolder() throws IOException {
        PreparedWeights checkpoints = weights(2).in(Format.DCP);
        List<Path> written = syntheses.write(checkpoints, out, false, bytes -> {});
        assertThat(written)
                .containsExactly(
                        out.resolve("out-0/__0_0.distcp"),
                        out.resolve("out-0/.metadata"),
                        out.resolve("out-1/__0_0.distcp"),
                        out.resolve("out-1/.metadata"));
        WeightFile read = WeightFiles.read(written.getLast());
        WeightFile whole = WeightFiles.read(
                syntheses.write(only(1), out, false, bytes -> {}).getFirst());
        assertThat(TestWeights.values(read, "w")).isEqualTo(TestWeights.values(whole, "w"));
        assertThat(syntheses.isFolder(checkpoints)).isTrue();
        assertThat(syntheses.whole(only(1).in(Format.DCP)).fileName()).isEqualTo("out-1.zip");
    }

    @Test
    void aFolderThatFailedIsNotLeftBehind() {
        AtomicBoolean first = new AtomicBoolean(true);
        assertThatThrownBy(() -> syntheses.write(weights(1).in(Format.DCP), out, false, bytes -> {
                    if (first.getAndSet(false)) throw new IllegalStateException("mishap");
                }))
                .hasMessageContaining("mishap");
        assertThat(out.toFile().list()).isEmpty();
    }

    @Test
    void aFileThatAppearsMeanwhileIsKept() {
        AtomicBoolean first = new AtomicBoolean(true);
        assertThatThrownBy(() -> syntheses.write(weights(1), out, false, bytes -> {
                    if (first.getAndSet(false)) write(out.resolve("out-0.safetensors"), "mine");
                }))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("out-0.safetensors exists");
        assertThat(out.resolve("out-0.safetensors")).hasContent("mine");
        assertThat(out.toFile().list()).hasSize(1);
    }

    @Test
    void ofTwoWritersOfTheSameFileNoneLeavesAHalfOne() throws Exception {
        CyclicBarrier together = new CyclicBarrier(2);
        Callable<Boolean> writer = () -> {
            together.await();
            try {
                write(1, out, false);
                return true;
            } catch (Problem e) {
                assertThat(e).hasMessageContaining("exists");
                return false;
            }
        };
        CompletableFuture<Boolean> one = CompletableFuture.supplyAsync(() -> call(writer));
        CompletableFuture<Boolean> other = CompletableFuture.supplyAsync(() -> call(writer));
        assertThat(List.of(one.get(), other.get())).contains(true);
        assertThat(TestRuns.names(out)).containsExactly("out-0.safetensors");
        assertThat(Files.readAllBytes(out.resolve("out-0.safetensors")))
                .isEqualTo(TestRuns.bytes(syntheses.files(only(0)).getFirst()));
    }

    private static <T> T call(Callable<T> callable) {
        try {
            return callable.call();
        } catch (Exception e) {
            throw new CompletionException(e);
        }
    }

    @Test
    void aDiskWithoutRoomIsNotEvenBegunToFill() throws IOException {
        try (FileSystem disk = disk(600_000)) {
            Path to = disk.getPath("/out");
            assertThatThrownBy(() -> write(2, to, false))
                    .isInstanceOfSatisfying(
                            Problem.class, e -> assertThat(e.kind()).isEqualTo(Problem.ProblemKind.STORAGE_FULL))
                    .hasMessageMatching("/out: the outputs need 801 kB, [0-9.]+ kB more than is free; .*");
            assertThat(TestRuns.names(to)).isEmpty();
        }
    }

    @Test
    void aDiskThatRunsFullMeanwhileKeepsNothing() throws IOException {
        // One worker, which writes nothing while it fills the disk, and several blocks.
        try (FileSystem disk = disk(1_000_000);
                Engine single = new Engine(300 << 10, 1)) {
            Path to = disk.getPath("/out");
            AtomicBoolean first = new AtomicBoolean(true);
            assertThatThrownBy(() -> new Syntheses(single).write(weights(2), to, false, bytes -> {
                        if (first.getAndSet(false)) fill(disk.getPath("/filler"));
                    }))
                    .isInstanceOfSatisfying(
                            Problem.class, e -> assertThat(e.kind()).isEqualTo(Problem.ProblemKind.STORAGE_FULL))
                    .hasMessage("/out: the disk is full; nothing was kept. Make room, or choose another folder");
            assertThat(TestRuns.names(to)).isEmpty();
        }
    }

    private static FileSystem disk(long bytes) {
        return Jimfs.newFileSystem(Configuration.unix().toBuilder()
                .setMaxSize(bytes)
                .setBlockSize(4096)
                .build());
    }

    private static void fill(Path file) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            while (true) channel.write(ByteBuffer.allocate(4096));
        } catch (IOException full) {
            assertThat(full).hasMessageContaining("out of disk space");
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void knowsTheWordsOfARealFullDisk() throws IOException {
        try (FileChannel full = FileChannel.open(Path.of("/dev/full"), StandardOpenOption.WRITE)) {
            assertThatThrownBy(() -> full.write(ByteBuffer.allocate(1)))
                    .isInstanceOfSatisfying(
                            IOException.class,
                            e -> assertThat(FilePublisher.isFull(e)).isTrue());
        }
    }

    @Test
    void aFolderThatCannotBeMadeIsAnError() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "");
        assertThatThrownBy(() -> write(1, file.resolve("out"), false)).isInstanceOf(IOException.class);
        assertThat(file).isEmptyFile();
    }

    @Test
    void aFailingListenerStopsTheWorkAndLeavesNothing() throws IOException {
        assertThatThrownBy(() -> syntheses.write(weights(3), out, false, bytes -> {
                    throw new IllegalStateException("no more");
                }))
                .hasMessage("no more");
        assertThat(TestRuns.names(out)).isEmpty();
    }

    @Test
    void saysHowMuchMemoryIsNeededAtLeast() {
        try (Engine small = new Engine(64 << 10, 2)) {
            assertThatThrownBy(() -> new Syntheses(small).write(weights(200), out, false, bytes -> {}))
                    .isInstanceOf(Problem.class)
                    .hasMessage("combining 2 files into 200 outputs at once needs buffers of 2 MiB at least;"
                            + " raise phema.synthesis.max-memory, or make fewer at once");
        }
    }

    @Test
    void twoHundredTargetsOfOnePassAreEachWhatTheyAreAlone() throws IOException {
        try (Engine small = new Engine(2 << 20, 2)) {
            new Syntheses(small).write(weights(200), out, false, bytes -> {});
        }
        for (int t : new int[] {0, 1, 31, 32, 100, 199})
            assertThat(Files.readAllBytes(out.resolve("out-" + t + ".safetensors")))
                    .isEqualTo(TestRuns.bytes(syntheses.files(only(t)).getFirst()));
    }

    @Test
    void buffersStayWithinTheBudgetWhateverIsAskedFor() throws IOException {
        for (long budget : new long[] {2 << 20, 8 << 20}) {
            try (Engine engine = new Engine(budget, 2)) {
                for (int targets : new int[] {1, 8, 200})
                    new Syntheses(engine).write(weights(targets), out, true, bytes -> {});
                assertThat(engine.bufferBytes()).isPositive().isLessThanOrEqualTo(budget);
            }
        }
    }

    @Test
    void bytesDependNeitherOnWorkersNorOnMemory() throws IOException {
        byte[] expected = TestRuns.bytes(syntheses.files(only(2)).getFirst());
        for (int workers : new int[] {1, 3, 8}) {
            for (long memory : new long[] {600 << 10, 64 << 20}) {
                try (Engine other = new Engine(memory, workers)) {
                    Path to = out.resolve(workers + "-" + memory);
                    new Syntheses(other).write(weights(3), to, false, bytes -> {});
                    assertThat(Files.readAllBytes(to.resolve("out-2.safetensors")))
                            .isEqualTo(expected);
                }
            }
        }
    }

    @Test
    void shardsComeWithAnIndexThatReadsAsTheWhole() throws IOException {
        List<Path> written = syntheses.write(
                new PreparedWeights(run, weights(1).targets(), SAFETENSORS.withShardSize(400_000)),
                out,
                false,
                bytes -> {});
        assertThat(TestRuns.names(out))
                .containsExactly(
                        "out-0-00001-of-00002.safetensors",
                        "out-0-00002-of-00002.safetensors",
                        "out-0.safetensors.index.json");
        write(1, folder.resolve("whole"), false);
        for (String tensor : List.of("w", "v"))
            assertThat(TestWeights.values(phema.format.WeightFiles.read(written.getLast()), tensor))
                    .isEqualTo(TestWeights.values(
                            phema.format.WeightFiles.read(folder.resolve("whole/out-0.safetensors")), tensor));
    }

    private static void write(Path file, String text) {
        try {
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
