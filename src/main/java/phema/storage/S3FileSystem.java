package phema.storage;

import java.io.IOException;
import java.net.URI;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileStore;
import java.nio.file.FileSystem;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.WatchService;
import java.nio.file.attribute.UserPrincipalLookupService;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CommonPrefix;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Request;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * Presents one bucket as a file system. Credentials, region and endpoint are found as by every AWS tool: environment
 * variables, system properties, {@code ~/.aws}, the machine's role. An endpoint of one's own is asked with the bucket
 * in the path, as MinIO, Ceph and others want it.
 */
final class S3FileSystem extends FileSystem {
    /**
     * The time for which a listing's word on an object is trusted, so that a scan costs a request per folder and not
     * per file.
     */
    private static final Duration LISTING_HOLDS = Duration.ofSeconds(2);

    private static final Map<String, S3FileSystem> BUCKETS = new ConcurrentHashMap<>();

    private record Seen(S3Attributes attributes, long nanoTime) {}

    /**
     * The number of requests for contents at the same time. Each bucket has its own, so that one whose storage stalls
     * holds up no other.
     */
    private static final int CONNECTIONS = 16;

    private final String bucket;
    private final Semaphore connections = new Semaphore(CONNECTIONS);
    private final S3FileStore store = new S3FileStore();
    private final Map<String, Seen> seen = new ConcurrentHashMap<>();
    private volatile @Nullable S3Client client;

    private S3FileSystem(String bucket) {
        this.bucket = bucket;
    }

    static S3FileSystem of(String bucket) {
        return BUCKETS.computeIfAbsent(bucket, S3FileSystem::new);
    }

    Semaphore connections() {
        return connections;
    }

    String bucket() {
        return bucket;
    }

    /** Made when first needed, so that a path is only a name. */
    S3Client client() {
        S3Client made = client;
        if (made != null) return made;
        synchronized (this) {
            if (client == null)
                client = S3Client.builder()
                        .httpClientBuilder(UrlConnectionHttpClient.builder()
                                .connectionTimeout(Duration.ofSeconds(10))
                                .socketTimeout(Duration.ofSeconds(30)))
                        .forcePathStyle(hasOwnEndpoint())
                        .build();
            return java.util.Objects.requireNonNull(client);
        }
    }

    private static boolean hasOwnEndpoint() {
        return System.getenv("AWS_ENDPOINT_URL") != null
                || System.getenv("AWS_ENDPOINT_URL_S3") != null
                || System.getProperty("aws.endpointUrl") != null
                || System.getProperty("aws.endpointUrlS3") != null;
    }

    /** @throws NoSuchFileException when there is neither an object of this name nor one below it */
    S3Attributes attributes(S3Path path) throws IOException {
        Seen before = seen.get(path.key());
        if (before != null && System.nanoTime() - before.nanoTime() < LISTING_HOLDS.toNanos())
            return before.attributes();
        return freshAttributes(path);
    }

    /** Asks storage, whatever a listing said before. */
    S3Attributes freshAttributes(S3Path path) throws IOException {
        seen.remove(path.key());
        if (path.key().isEmpty()) return S3Attributes.FOLDER;
        S3Attributes attributes;
        try {
            HeadObjectResponse head =
                    client().headObject(request -> request.bucket(bucket).key(path.key()));
            attributes = S3Attributes.object(head.contentLength(), head.lastModified(), head.eTag());
        } catch (SdkException e) {
            IOException failed = failed(path, e);
            if (!(failed instanceof NoSuchFileException) || isEmpty(page(path, 1, null))) throw failed;
            attributes = S3Attributes.FOLDER;
        }
        remember(path.key(), attributes);
        return attributes;
    }

    private static boolean isEmpty(ListObjectsV2Response page) {
        return page.contents().isEmpty() && page.commonPrefixes().isEmpty();
    }

    /** The objects and folders directly below a folder. */
    List<Path> list(S3Path folder) throws IOException {
        List<Path> entries = new ArrayList<>();
        @Nullable String next = null;
        do {
            ListObjectsV2Response page = page(folder, 1000, next);
            for (CommonPrefix below : page.commonPrefixes())
                entries.add(entry(folder, below.prefix(), S3Attributes.FOLDER));
            for (S3Object object : page.contents())
                if (!object.key().endsWith("/")) // what consoles make to show an empty folder
                entries.add(entry(
                        folder,
                        object.key(),
                        S3Attributes.object(object.size(), object.lastModified(), object.eTag())));
            next = page.nextContinuationToken();
        } while (next != null);
        return entries;
    }

    private Path entry(S3Path folder, String key, S3Attributes attributes) {
        S3Path path = folder.resolve(getPath(key.substring(folder.prefix().length())));
        remember(path.key(), attributes);
        return path;
    }

    private void remember(String key, S3Attributes attributes) {
        long now = System.nanoTime();
        seen.values().removeIf(old -> now - old.nanoTime() > LISTING_HOLDS.toNanos());
        seen.put(key, new Seen(attributes, now));
    }

    /** Forgets what listings said of an object that was written or found to have changed. */
    void forget(S3Path path) {
        seen.remove(path.key());
    }

    private ListObjectsV2Response page(S3Path folder, int keys, @Nullable String next) throws IOException {
        ListObjectsV2Request.Builder request = ListObjectsV2Request.builder()
                .bucket(bucket)
                .prefix(folder.prefix())
                .delimiter("/")
                .maxKeys(keys);
        if (next != null) request.continuationToken(next);
        try {
            return client().listObjectsV2(request.build());
        } catch (SdkException e) {
            throw failed(folder, e);
        }
    }

    /**
     * What file systems throw in such a case. Transient failures have been tried again by then, as the SDK's
     * configuration says.
     */
    IOException failed(S3Path path, SdkException e) {
        IOException failed = switch (e instanceof S3Exception s3 ? s3.statusCode() : 0) {
            case 404 -> new NoSuchFileException(path.toString());
            case 401, 403 -> new AccessDeniedException(path.toString(), null, e.getMessage());
            case 412 -> {
                forget(path);
                yield new FileSystemException(path.toString(), null, "has changed since it was opened");
            }
            default -> new FileSystemException(path.toString(), null, String.valueOf(e.getMessage()));
        };
        failed.initCause(e);
        return failed;
    }

    @Override
    public S3FileSystemProvider provider() {
        return S3FileSystemProvider.INSTANCE;
    }

    @Override
    public void close() {
        throw new UnsupportedOperationException("stays open as long as the application");
    }

    @Override
    public boolean isOpen() {
        return true;
    }

    @Override
    public boolean isReadOnly() {
        return false;
    }

    @Override
    public String getSeparator() {
        return "/";
    }

    @Override
    public Iterable<Path> getRootDirectories() {
        return List.of(getPath("/"));
    }

    @Override
    public Iterable<FileStore> getFileStores() {
        return List.of(store);
    }

    FileStore store() {
        return store;
    }

    @Override
    public Set<String> supportedFileAttributeViews() {
        return Set.of("basic");
    }

    @Override
    public S3Path getPath(String first, String... more) {
        return S3Path.of(this, more.length == 0 ? first : first + "/" + String.join("/", more));
    }

    @Override
    public PathMatcher getPathMatcher(String syntaxAndPattern) {
        throw new UnsupportedOperationException();
    }

    @Override
    public UserPrincipalLookupService getUserPrincipalLookupService() {
        throw new UnsupportedOperationException();
    }

    @Override
    public WatchService newWatchService() {
        throw new UnsupportedOperationException();
    }

    URI uri() {
        return URI.create(S3FileSystemProvider.SCHEME + "://" + bucket);
    }

    /** Describes storage that is never full. */
    private final class S3FileStore extends FileStore {
        @Override
        public String name() {
            return uri().toString();
        }

        @Override
        public String type() {
            return S3FileSystemProvider.SCHEME;
        }

        @Override
        public boolean isReadOnly() {
            return false;
        }

        @Override
        public long getTotalSpace() {
            return Long.MAX_VALUE;
        }

        @Override
        public long getUsableSpace() {
            return Long.MAX_VALUE;
        }

        @Override
        public long getUnallocatedSpace() {
            return Long.MAX_VALUE;
        }

        @Override
        public boolean supportsFileAttributeView(Class<? extends java.nio.file.attribute.FileAttributeView> type) {
            return type == java.nio.file.attribute.BasicFileAttributeView.class;
        }

        @Override
        public boolean supportsFileAttributeView(String name) {
            return name.equals("basic");
        }

        @Override
        public <V extends java.nio.file.attribute.FileStoreAttributeView> @Nullable V getFileStoreAttributeView(
                Class<V> type) {
            return null;
        }

        @Override
        public Object getAttribute(String attribute) {
            throw new UnsupportedOperationException();
        }
    }
}
