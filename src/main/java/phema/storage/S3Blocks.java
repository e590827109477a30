package phema.storage;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.FileSystemException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.ResponseTransformer;

/**
 * Fetches pieces of objects ahead of those who read in order. A request takes some milliseconds whatever it
 * asks for, so what is read in small steps is fetched in large ones, and many at a time; what is read here and there is
 * fetched in single blocks.
 */
final class S3Blocks {
    /** The bytes of a block: about what a connection carries while a request is answered. */
    static final int SIZE = 256 << 10;

    /** The capacity in blocks: 96 MiB. */
    private static final int CAPACITY = 384;

    /** The most blocks of one request. */
    private static final int MOST_AHEAD = 16;

    static final S3Blocks SHARED = new S3Blocks();

    private record Key(S3Path path, String etag, long number) {
        Key plus(long blocks) {
            return new Key(path, etag, number + blocks);
        }
    }

    private final Executor threads =
            Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("s3-", 0).factory());
    private int readers;

    private final Map<Key, CompletableFuture<byte[]>> blocks = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, CompletableFuture<byte[]>> eldest) {
            return size() > CAPACITY;
        }
    };

    synchronized void opened() {
        readers++;
    }

    synchronized void closed() {
        readers--;
    }

    /** @throws FileSystemException when the object is no longer the one of these attributes */
    byte[] read(S3Path path, S3Attributes object, long number) throws IOException {
        Key key = new Key(path, object.etag(), number);
        CompletableFuture<byte[]> block = request(key, object);
        try {
            return block.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ClosedByInterruptException();
        } catch (ExecutionException e) {
            forget(key, block);
            if (e.getCause() instanceof SdkException failed)
                throw path.getFileSystem().failed(path, failed);
            throw new FileSystemException(path.toString(), null, String.valueOf(e.getCause()));
        }
    }

    private synchronized void forget(Key key, CompletableFuture<byte[]> failed) {
        blocks.remove(key, failed);
    }

    private synchronized CompletableFuture<byte[]> request(Key key, S3Attributes object) {
        boolean inOrder = key.number() > 0 && blocks.containsKey(key.plus(-1));
        // What is fetched ahead for all readers together must not push out what is still to be read.
        int ahead = inOrder ? Math.clamp(CAPACITY / 2 / Math.max(readers, 1), 1, MOST_AHEAD) : 1;
        if (!blocks.containsKey(key)) fetch(key, ahead, object);
        CompletableFuture<byte[]> block = java.util.Objects.requireNonNull(blocks.get(key));
        if (inOrder && ahead > 1 && !blocks.containsKey(key.plus(ahead / 2))) {
            Key next = key;
            while (blocks.containsKey(next)) next = next.plus(1);
            fetch(next, ahead, object);
        }
        return block;
    }

    /** Begins to fetch some blocks that follow each other with one request. */
    private void fetch(Key first, int count, S3Attributes object) {
        long from = first.number() * SIZE;
        long to = Math.min(from + (long) count * SIZE, object.size());
        if (from >= to) return;
        List<CompletableFuture<byte[]>> promised = new ArrayList<>();
        for (long at = from; at < to; at += SIZE) {
            CompletableFuture<byte[]> block = new CompletableFuture<>();
            promised.add(block);
            blocks.put(first.plus(promised.size() - 1), block);
        }
        threads.execute(() -> {
            try {
                byte[] bytes = get(first.path(), object, from, to);
                for (int i = 0; i < promised.size(); i++)
                    promised.get(i)
                            .complete(Arrays.copyOfRange(bytes, i * SIZE, Math.min((i + 1) * SIZE, bytes.length)));
            } catch (InterruptedException | RuntimeException e) {
                promised.forEach(block -> block.completeExceptionally(e));
            }
        });
    }

    private byte[] get(S3Path path, S3Attributes object, long from, long to) throws InterruptedException {
        Semaphore connections = path.getFileSystem().connections();
        connections.acquire();
        try {
            byte[] bytes = path.getFileSystem()
                    .client()
                    .getObject(
                            request -> request.bucket(path.getFileSystem().bucket())
                                    .key(path.key())
                                    .ifMatch(object.etag())
                                    .range("bytes=" + from + "-" + (to - 1)),
                            ResponseTransformer.toBytes())
                    .asByteArrayUnsafe();
            if (bytes.length != to - from)
                throw new IllegalStateException(path + ": storage sent " + bytes.length + " bytes of " + (to - from));
            return bytes;
        } finally {
            connections.release();
        }
    }
}
