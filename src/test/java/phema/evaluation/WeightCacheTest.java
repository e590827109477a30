package phema.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.jimfs.Configuration;
import com.google.common.jimfs.Jimfs;
import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import phema.catalog.Run;
import phema.catalog.RunScanner;
import phema.catalog.Selection;
import phema.format.Format;
import phema.problem.Problem;
import phema.synthesis.Engine;
import phema.synthesis.Fits;
import phema.synthesis.OutputOptions;
import phema.synthesis.PreparedWeights;
import phema.synthesis.Syntheses;
import phema.synthesis.WeightsReference;
import phema.time.Await;
import phema.time.SettableClock;

/** Weight files of the EDM2 fixture run, all of one size. */
class WeightCacheTest {
    private static final Duration LONG = Duration.ofDays(1);

    private static Engine engine;
    private static EvaluationWeights a;
    private static EvaluationWeights b;
    private static EvaluationWeights c;

    @TempDir
    private Path folder;

    private final SettableClock clock = new SettableClock();

    @BeforeAll
    static void reconstruct() throws IOException {
        engine = new Engine(64 << 20, 1);
        a = weights(0.05);
        b = weights(0.10);
        c = weights(0.15);
    }

    @AfterAll
    static void close() {
        engine.close();
    }

    private static EvaluationWeights weights(double sigmaRel) throws IOException {
        Run run = RunScanner.scan(Path.of("src/test/resources/fixtures/edm2"), Selection.DEFAULT);
        PreparedWeights weights = new Fits()
                .prepare(run, WeightsReference.newest(sigmaRel, run).request(OutputOptions.of(Format.SAFETENSORS)));
        Syntheses syntheses = new Syntheses(engine);
        return new EvaluationWeights(weights, syntheses.files(weights).getFirst(), syntheses);
    }

    private WeightCache cache(double files) {
        return new WeightCache(folder, (long) (files * a.size()), LONG, clock);
    }

    private boolean isThere(EvaluationWeights weights) {
        return Files.exists(folder.resolve(weights.identity()));
    }

    @Test
    void whoNeedsTheSameWeightsSharesOneFile() throws Exception {
        WeightCache cache = cache(10);
        try (WeightCache.Lease first = cache.lease(List.of(a))) {
            Path file = first.file(a);
            assertThat(Files.size(file)).isEqualTo(a.size());
            FileTime written = FileTime.from(Instant.EPOCH);
            Files.setLastModifiedTime(file, written);
            try (WeightCache.Lease second = cache.lease(List.of(b, a))) {
                assertThat(second.file(a)).isEqualTo(file);
                assertThat(second.file(b)).isNotEqualTo(file);
                assertThat(Files.getLastModifiedTime(file)).isEqualTo(written);
            }
        }
    }

    @Test
    void theLongestUnusedGoesFirstWhenSpaceIsShort() throws Exception {
        WeightCache cache = cache(2.5);
        cache.lease(List.of(a)).close();
        clock.pass(Duration.ofSeconds(1));
        cache.lease(List.of(b)).close();
        clock.pass(Duration.ofSeconds(1));
        cache.lease(List.of(c)).close();
        assertThat(isThere(a)).isFalse();
        assertThat(isThere(b)).isTrue();
        assertThat(isThere(c)).isTrue();
    }

    @Test
    void waitsWhileOthersUseTheSpace() throws Exception {
        WeightCache cache = cache(1.5);
        WeightCache.Lease held = cache.lease(List.of(a));
        FutureTask<Path> waiting = new FutureTask<>(() -> {
            try (WeightCache.Lease lease = cache.lease(List.of(b))) {
                assertThat(isThere(a)).isFalse();
                return lease.file(b);
            }
        });
        Thread thread = Thread.ofPlatform().start(waiting);
        Await.until(() -> thread.getState() == Thread.State.TIMED_WAITING);
        assertThat(isThere(a)).isTrue();
        assertThat(isThere(b)).isFalse();
        held.close();
        assertThat(waiting.get(1, TimeUnit.MINUTES)).exists();
    }

    @Test
    void refusesWhatCouldNeverFit() {
        assertThatThrownBy(() -> cache(1.5).lease(List.of(a, b)))
                .isInstanceOf(Problem.class)
                .hasMessageMatching(
                        "the weights need [0-9.]+ [kM]B, [0-9.]+ [kM]?B more than phema.worker.weights-space allows; raise it");
        assertThat(isThere(a)).isFalse();
    }

    @Test
    void onAFullDiskWhatNobodyUsesGivesWayAndNothingHalfWrittenStays() throws Exception {
        try (FileSystem disk = Jimfs.newFileSystem(Configuration.unix().toBuilder()
                .setBlockSize(512)
                .setMaxSize(a.size() * 3 / 2)
                .build())) {
            Path cached = disk.getPath("/weights");
            WeightCache cache = new WeightCache(cached, 100 * a.size(), LONG, clock);
            try (WeightCache.Lease held = cache.lease(List.of(a))) {
                assertThatThrownBy(() -> cache.lease(List.of(b)))
                        .isInstanceOfSatisfying(
                                Problem.class, e -> assertThat(e.kind()).isEqualTo(Problem.ProblemKind.STORAGE_FULL))
                        .hasMessageContaining("make room");
                assertThat(held.file(a)).exists();
                assertThat(cached.resolve(b.identity())).doesNotExist();
            }
            try (WeightCache.Lease lease = cache.lease(List.of(b))) {
                assertThat(Files.size(lease.file(b))).isEqualTo(b.size());
                assertThat(cached.resolve(a.identity())).doesNotExist();
            }
        }
    }

    /** Their time stamps come from a clock that may jump: what is in use stays whatever they say. */
    @Test
    void filesInUseStayHoweverOldTheySeem() throws Exception {
        WeightCache cache = new WeightCache(folder, 10 * a.size(), Duration.ofMinutes(10), clock);
        try (WeightCache.Lease lease = cache.lease(List.of(a))) {
            Files.setLastModifiedTime(folder.resolve(a.identity()), FileTime.from(Instant.EPOCH));
            cache.tidy();
            assertThat(lease.file(a)).exists();
        }
        clock.jump(LONG.negated());
        cache.tidy();
        assertThat(isThere(a)).isTrue();
        WeightCache small = cache(1.5);
        small.lease(List.of(b)).close();
        assertThat(isThere(a)).isFalse();
    }

    @Test
    void writesAgainWhatAKilledProcessHalfWrote() throws Exception {
        Path own = Files.createDirectories(folder.resolve(a.identity()));
        Files.write(own.resolve(".weights.safetensors.tmp"), new byte[100]);
        try (WeightCache.Lease lease = cache(1.5).lease(List.of(a))) {
            assertThat(Files.size(lease.file(a))).isEqualTo(a.size());
            assertThat(own.resolve(".weights.safetensors.tmp")).doesNotExist();
        }
    }

    @Test
    void leavesNothingWhenItIsOver() throws Exception {
        WeightCache cache = cache(10);
        WeightCache.Lease used = cache.lease(List.of(a));
        cache.lease(List.of(b)).close();
        cache.clear();
        assertThat(isThere(a)).isTrue();
        assertThat(isThere(b)).isFalse();
        used.close();
        cache.clear();
        assertThat(isThere(a)).isFalse();
    }

    @Test
    void keepsUnusedFilesOnlyForAWhile() throws Exception {
        WeightCache cache = new WeightCache(folder, 10 * a.size(), Duration.ofMinutes(10), clock);
        cache.lease(List.of(a)).close();
        clock.pass(Duration.ofMinutes(9));
        cache.lease(List.of(b)).close();
        cache.tidy();
        assertThat(isThere(a)).isTrue();
        clock.pass(Duration.ofMinutes(1));
        cache.tidy();
        assertThat(isThere(a)).isFalse();
        assertThat(isThere(b)).isTrue();
    }
}
