package phema.storage;

import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.WRITE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ObjectStorageTest {
    private final Path bucket = S3Endpoint.bucket();

    private static byte[] random(int size) {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return bytes;
    }

    private static void write(Path object, byte[] bytes) throws IOException {
        try (FileChannel channel = FileChannel.open(object, WRITE, CREATE_NEW)) {
            for (ByteBuffer left = ByteBuffer.wrap(bytes); left.hasRemaining(); ) channel.write(left);
        }
    }

    @Test
    void listsObjectsAndFoldersOfOneLevel() throws IOException {
        write(bucket.resolve("runs/xs/a.pkl"), random(10));
        write(bucket.resolve("runs/xs/b.pkl"), random(20));
        write(bucket.resolve("runs/note"), random(5));

        try (Stream<Path> entries = Files.list(bucket.resolve("runs"))) {
            assertThat(entries).map(Path::toString).containsExactlyInAnyOrder(bucket + "runs/note", bucket + "runs/xs");
        }
        assertThat(Files.isDirectory(bucket.resolve("runs/xs"))).isTrue();
        assertThat(Files.isRegularFile(bucket.resolve("runs/note"))).isTrue();
        assertThat(Files.size(bucket.resolve("runs/xs/b.pkl"))).isEqualTo(20);
        assertThat(Files.exists(bucket.resolve("runs/x"))).isFalse();
    }

    @Test
    void listsFoldersOfMoreThanAThousandObjects() throws IOException {
        IntStream.range(0, 1005).parallel().forEach(i -> {
            try {
                write(bucket.resolve("many/" + i), new byte[0]);
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });

        try (Stream<Path> entries = Files.list(bucket.resolve("many"))) {
            assertThat(entries).hasSize(1005);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, S3Blocks.SIZE - 1, S3Blocks.SIZE, S3Blocks.SIZE + 1, 5 * S3Blocks.SIZE + 17})
    void readsWhatWasWritten(int size) throws IOException {
        write(bucket.resolve("object"), random(size));

        assertThat(Files.readAllBytes(bucket.resolve("object"))).isEqualTo(random(size));
    }

    @Test
    void readsAnyRangesByManyThreadsAtOnce() throws IOException {
        byte[] bytes = random(9_000_000);
        write(bucket.resolve("object"), bytes);
        try (FileChannel channel = FileChannel.open(bucket.resolve("object"))) {
            assertThat(channel.size()).isEqualTo(bytes.length);
            IntStream.range(0, 200).parallel().forEach(i -> {
                Random random = new Random(i);
                int from = random.nextInt(bytes.length);
                ByteBuffer buffer = ByteBuffer.allocate(Math.min(random.nextInt(1, 300_000), bytes.length - from));
                try {
                    while (buffer.hasRemaining()) channel.read(buffer, from + buffer.position());
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
                assertThat(ByteBuffer.wrap(bytes, from, buffer.capacity())).isEqualTo(buffer.flip());
            });
            assertThat(channel.read(ByteBuffer.allocate(1), bytes.length)).isEqualTo(-1);
        }
    }

    @Test
    void uploadsPartsInWhateverOrderTheyAreWritten() throws IOException {
        byte[] bytes = random(2 * S3Writer.PART + 12_345);
        List<Integer> pieces = new ArrayList<>();
        for (int from = 0; from < bytes.length; from += 100_003) pieces.add(from);
        Collections.shuffle(pieces, new Random(0));
        Path object = bucket.resolve("object");
        try (FileChannel channel = FileChannel.open(object, WRITE, CREATE_NEW)) {
            pieces.parallelStream().forEach(from -> {
                ByteBuffer piece = ByteBuffer.wrap(bytes, from, Math.min(100_003, bytes.length - from));
                try {
                    for (int to = from; piece.hasRemaining(); ) to += channel.write(piece, to);
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            });
            assertThat(Files.exists(object)).isFalse();
            channel.force(true);
        }

        assertThat(Files.readAllBytes(object)).isEqualTo(bytes);
    }

    @Test
    void keepsNothingThatWasWrittenWithGaps() throws IOException {
        Path object = bucket.resolve("object");
        try (FileChannel channel = FileChannel.open(object, WRITE, CREATE_NEW)) {
            channel.write(ByteBuffer.wrap(random(S3Writer.PART)), 0);
            channel.write(ByteBuffer.wrap(random(10)), S3Writer.PART + 1);
        }

        assertThat(Files.exists(object)).isFalse();
        S3FileSystem fileSystem = (S3FileSystem) bucket.getFileSystem();
        assertThat(fileSystem
                        .client()
                        .listMultipartUploads(request -> request.bucket(fileSystem.bucket()))
                        .uploads())
                .isEmpty();
    }

    @Test
    void movesWithinTheBucketWithoutReplacingUnlessTold() throws IOException {
        write(bucket.resolve("a"), random(10));
        write(bucket.resolve("b"), random(20));

        assertThatThrownBy(() -> Files.move(bucket.resolve("a"), bucket.resolve("b")))
                .isInstanceOf(FileAlreadyExistsException.class);
        Files.move(bucket.resolve("a"), bucket.resolve("b"), StandardCopyOption.ATOMIC_MOVE);

        assertThat(Files.readAllBytes(bucket.resolve("b"))).isEqualTo(random(10));
        assertThat(Files.exists(bucket.resolve("a"))).isFalse();
        assertThat(Files.deleteIfExists(bucket.resolve("a"))).isFalse();
    }

    @Test
    void noticesThatAnObjectWasReplacedWhileItIsRead() throws IOException {
        Path object = bucket.resolve("object");
        write(object, random(3 * S3Blocks.SIZE));
        BasicFileAttributes before = Files.readAttributes(object, BasicFileAttributes.class);
        try (FileChannel channel = FileChannel.open(object)) {
            channel.read(ByteBuffer.allocate(100), 0);
            Files.delete(object);
            write(object, new byte[3 * S3Blocks.SIZE]);

            assertThatThrownBy(() -> channel.read(ByteBuffer.allocate(100), 2 * S3Blocks.SIZE))
                    .isInstanceOf(FileSystemException.class)
                    .hasMessageContaining("has changed since it was opened");
        }
        BasicFileAttributes after = Files.readAttributes(object, BasicFileAttributes.class);
        assertThat(after.size()).isEqualTo(before.size());
        assertThat(after.lastModifiedTime()).isNotEqualTo(before.lastModifiedTime());
    }

    @Test
    void agreesOnTheTimeStampWhetherListedOrAsked() throws IOException {
        Path object = bucket.resolve("folder/object");
        write(object, random(10));
        try (Stream<Path> entries = Files.list(bucket.resolve("folder"))) {
            Path listed = entries.findFirst().orElseThrow();
            BasicFileAttributes asListed = Files.readAttributes(listed, BasicFileAttributes.class);
            assertThat(((S3FileSystem) bucket.getFileSystem())
                            .freshAttributes((S3Path) object)
                            .lastModifiedTime())
                    .isEqualTo(asListed.lastModifiedTime());
        }
    }

    @Test
    void triesAgainWhenTheServerFails() throws IOException {
        write(bucket.resolve("object"), random(10));
        S3Endpoint.failNextReads(2);

        assertThat(Files.readAllBytes(bucket.resolve("object"))).isEqualTo(random(10));
    }

    @Test
    void aBucketThatStallsHoldsUpNoOther() throws Exception {
        write(bucket.resolve("object"), random(10));
        Path stalled = S3Endpoint.bucket();
        for (int i = 0; i < 20; i++) write(stalled.resolve("" + i), random(10));
        S3Endpoint.Stall stall = S3Endpoint.stallReads(stalled);
        try (ExecutorService readers = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<byte[]>> waiting = IntStream.range(0, 20)
                    .mapToObj(i -> readers.submit(() -> Files.readAllBytes(stalled.resolve("" + i))))
                    .toList();
            byte[] read = readers.submit(() -> Files.readAllBytes(bucket.resolve("object")))
                    .get(20, TimeUnit.SECONDS);
            assertThat(read).isEqualTo(random(10));
            assertThat(waiting).noneMatch(Future::isDone);
            stall.end();
            for (Future<byte[]> late : waiting) assertThat(late.get()).isEqualTo(random(10));
        } finally {
            stall.end();
        }
    }

    @Test
    void namesWhatIsMissing() {
        Path missing = bucket.resolve("runs/none.pkl");
        assertThatThrownBy(() -> FileChannel.open(missing))
                .isInstanceOf(NoSuchFileException.class)
                .hasMessage(missing.toString());
        assertThatThrownBy(
                        () -> Files.readAttributes(Locations.path("s3://no-such-bucket/x"), BasicFileAttributes.class))
                .isInstanceOf(NoSuchFileException.class);
    }

    @Test
    void refusesToListAnObject() throws IOException {
        write(bucket.resolve("object"), random(10));

        assertThatThrownBy(() -> Files.list(bucket.resolve("object"))).isInstanceOf(NotDirectoryException.class);
    }

    @ParameterizedTest
    @CsvSource({
        "/a/b, ../c, /a/c",
        "/a/b, ./c/../d, /a/b/d",
        "/a, ../../b, /b",
        "/, a, /a",
    })
    void resolvesNamesAsOtherFileSystemsDo(String from, String name, String expected) {
        Path resolved = bucket.getFileSystem().getPath(from).resolve(name).normalize();

        assertThat(resolved).isEqualTo(bucket.getFileSystem().getPath(expected));
        assertThat(resolved.toString()).isEqualTo(bucket.toString().replaceFirst("/$", "") + expected);
        assertThat(Path.of(from).resolve(name).normalize()).hasToString(expected);
    }

    @ParameterizedTest
    @CsvSource({"/a/b, /a/b/c/d", "/a/b/c, /a/d", "/a, /a", "/, /x/y"})
    void relativizesAsOtherFileSystemsDo(String from, String to) {
        Path one = bucket.getFileSystem().getPath(from);
        Path other = bucket.getFileSystem().getPath(to);

        assertThat(one.relativize(other))
                .hasToString(Path.of(from).relativize(Path.of(to)).toString());
        assertThat(one.resolve(one.relativize(other)).normalize()).isEqualTo(other);
    }

    @Test
    void readsLocationsAsUsersWriteThem() {
        assertThat(Locations.path("s3://bucket/some/prefix/")).hasToString("s3://bucket/some/prefix");
        assertThat(Locations.path("s3://bucket")).hasToString("s3://bucket/");
        assertThat(Locations.path("some/folder")).isEqualTo(Path.of("some/folder"));
        for (String wrong : List.of("http://host/x", "s3://", "gs://bucket/x"))
            assertThatThrownBy(() -> Locations.path(wrong))
                    .isInstanceOf(InvalidPathException.class)
                    .hasMessageContaining(wrong);
    }
}
