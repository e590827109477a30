package phema.storage;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.file.FileSystemException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import phema.text.ByteSize;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CompletedPart;

/**
 * Writes a new object by multipart upload. Every byte is written once, at any position and by any thread; a part is
 * sent as soon as it is full. The object appears when it is forced or closed; of one that was written with gaps nothing
 * remains.
 */
final class S3Writer extends S3Channel {
    /** The bytes of every part but the last. S3 wants 5 MiB at least, and allows 10,000 of them. */
    static final int PART = 8 << 20;

    private static final int MOST_PARTS = 10_000;
    private static final int IN_FLIGHT = 3;

    private static final class Part {
        final byte[] bytes = new byte[PART];
        int written;
    }

    private final S3Path path;
    private final S3Client client;
    private final Map<Integer, Part> filling = new TreeMap<>();
    private final Map<Integer, CompletedPart> sent = new TreeMap<>();
    private final Deque<Future<?>> inFlight = new ArrayDeque<>();
    private final ExecutorService threads = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("s3-upload-", 0).factory());
    private @Nullable String upload;
    private long size;
    private boolean complete;

    S3Writer(S3Path path) {
        this.path = path;
        this.client = path.getFileSystem().client();
    }

    @Override
    public synchronized long size() {
        return size;
    }

    @Override
    public synchronized int write(ByteBuffer buffer, long position) throws IOException {
        if (!isOpen()) throw new ClosedChannelException();
        int number = Math.toIntExact(position / PART);
        if (number >= MOST_PARTS)
            throw new FileSystemException(
                    path.toString(),
                    null,
                    "is larger than the " + ByteSize.print((long) MOST_PARTS * PART)
                            + " that can be uploaded; split it into shards");
        int from = (int) (position % PART);
        int n = Math.min(buffer.remaining(), PART - from);
        Part part = filling.computeIfAbsent(number, i -> new Part());
        buffer.get(part.bytes, from, n);
        part.written += n;
        size = Math.max(size, position + n);
        if (part.written == PART) {
            filling.remove(number);
            send(number, part.bytes, PART);
        }
        return n;
    }

    /** Waits while enough is under way, which bounds the memory. */
    private void send(int number, byte[] bytes, int length) throws IOException {
        while (inFlight.size() >= IN_FLIGHT) await(inFlight.remove());
        String id = uploadId();
        inFlight.add(threads.submit(() -> {
            String etag = client.uploadPart(
                            request -> request.bucket(path.getFileSystem().bucket())
                                    .key(path.key())
                                    .uploadId(id)
                                    .partNumber(number + 1),
                            body(bytes, length))
                    .eTag();
            synchronized (sent) {
                sent.put(
                        number,
                        CompletedPart.builder()
                                .partNumber(number + 1)
                                .eTag(etag)
                                .build());
            }
        }));
    }

    /** Gives bytes as a body that is not copied, and read again for every retry. */
    private static RequestBody body(byte[] bytes, int length) {
        return RequestBody.fromContentProvider(
                () -> new ByteArrayInputStream(bytes, 0, length), length, "application/octet-stream");
    }

    private String uploadId() throws IOException {
        if (upload == null)
            try {
                upload = client.createMultipartUpload(request ->
                                request.bucket(path.getFileSystem().bucket()).key(path.key()))
                        .uploadId();
            } catch (SdkException e) {
                throw path.getFileSystem().failed(path, e);
            }
        return Objects.requireNonNull(upload);
    }

    private void await(Future<?> part) throws IOException {
        try {
            part.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof SdkException failed)
                throw path.getFileSystem().failed(path, failed);
            throw new IOException(e.getCause());
        }
    }

    @Override
    public synchronized void force(boolean metaData) throws IOException {
        if (complete) return;
        int last = (int) (size / PART);
        int rest = (int) (size % PART);
        if (hasGaps()) throw new IllegalStateException(path + " was written with gaps");
        Part end = filling.remove(last);
        try {
            if (upload == null) {
                byte[] bytes = end == null ? new byte[0] : end.bytes;
                client.putObject(
                        request -> request.bucket(path.getFileSystem().bucket()).key(path.key()), body(bytes, rest));
            } else {
                if (end != null) send(last, end.bytes, rest);
                while (!inFlight.isEmpty()) await(inFlight.remove());
                client.completeMultipartUpload(
                        request -> request.bucket(path.getFileSystem().bucket())
                                .key(path.key())
                                .uploadId(upload)
                                .multipartUpload(parts -> parts.parts(sent.values())));
            }
        } catch (SdkException e) {
            throw path.getFileSystem().failed(path, e);
        } finally {
            path.getFileSystem().forget(path);
        }
        complete = true;
    }

    private boolean hasGaps() {
        Part end = filling.get((int) (size / PART));
        return filling.size() > (end == null ? 0 : 1) || (end == null ? 0 : end.written) != size % PART;
    }

    @Override
    protected synchronized void implCloseChannel() throws IOException {
        try (threads) { // closing waits for what is under way
            if (!hasGaps()) force(true);
        } finally {
            if (!complete && upload != null) abort();
        }
    }

    private void abort() throws IOException {
        try {
            client.abortMultipartUpload(
                    request -> request.bucket(path.getFileSystem().bucket())
                            .key(path.key())
                            .uploadId(upload));
        } catch (SdkException e) {
            throw path.getFileSystem().failed(path, e);
        }
    }
}
