package phema.storage;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.blobstore.BlobStore;
import org.gaul.s3proxy.blobstore.ForwardingBlobStore;
import org.gaul.s3proxy.blobstore.S3Exceptions;
import org.gaul.s3proxy.nio2blob.FilesystemNio2BlobStore;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;

/** An S3 service in this process, configured as users configure theirs: with the settings of the AWS tools. */
public final class S3Endpoint {
    private static final S3Endpoint RUNNING = new S3Endpoint();

    /** How many of the next reads of objects end in an error of the server. */
    final AtomicInteger failures = new AtomicInteger();

    private final Map<String, Stall> stalls = new ConcurrentHashMap<>();

    private S3Endpoint() {
        try {
            Path folder = Files.createTempDirectory("s3");
            S3Proxy proxy = S3Proxy.builder()
                    .blobStore(new Failing(new FilesystemNio2BlobStore(folder.toString())))
                    .endpoint(URI.create("http://127.0.0.1:0"))
                    .awsAuthentication(AuthenticationType.AWS_V4, "access", "secret")
                    .build();
            proxy.start();
            System.setProperty("aws.endpointUrl", "http://127.0.0.1:" + proxy.getPort());
            System.setProperty("aws.accessKeyId", "access");
            System.setProperty("aws.secretAccessKey", "secret");
            System.setProperty("aws.region", "us-east-1");
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private final class Failing extends ForwardingBlobStore {
        Failing(BlobStore store) {
            super(store);
        }

        @Override
        public ResponseInputStream<GetObjectResponse> getBlob(GetObjectRequest request) {
            Stall stall = stalls.get(request.bucket());
            if (stall != null) stall.await();
            if (failures.getAndUpdate(n -> Math.max(n - 1, 0)) > 0) throw S3Exceptions.fromStatusCode(503);
            return super.getBlob(request);
        }
    }

    /** A new bucket's root. */
    public static Path bucket() {
        S3FileSystem bucket = S3FileSystem.of("bucket-" + UUID.randomUUID());
        if (RUNNING.failures.get() != 0) throw new IllegalStateException("an earlier test wanted more failures");
        bucket.client().createBucket(request -> request.bucket(bucket.bucket()));
        return bucket.getPath("/");
    }

    static void failNextReads(int count) {
        RUNNING.failures.set(count);
    }

    /** Reads of this bucket's objects get no answer, until the stall is ended. */
    public static Stall stallReads(Path bucket) {
        Stall stall = new Stall();
        RUNNING.stalls.put(((S3FileSystem) bucket.getFileSystem()).bucket(), stall);
        return stall;
    }

    /** A time in which no read is answered. */
    public static final class Stall {
        private final CountDownLatch end = new CountDownLatch(1);
        private final AtomicInteger waiting = new AtomicInteger();

        private void await() {
            waiting.incrementAndGet();
            try {
                end.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }

        /** How many reads have come so far. */
        public int waiting() {
            return waiting.get();
        }

        public void end() {
            end.countDown();
        }
    }

    /** Copies the files of a folder. */
    public static Path upload(Path folder, Path to) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) Files.copy(file, to.resolve(String.valueOf(file.getFileName())));
        }
        return to;
    }
}
