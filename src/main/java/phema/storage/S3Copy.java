package phema.storage;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CompletedPart;

/** Copies objects within a storage; no byte comes here. */
final class S3Copy {
    /** The most that one request copies, as S3 says. */
    private static final long MOST_AT_ONCE = 5L << 30;

    private static final long PART = 1L << 30;

    private S3Copy() {}

    static void copy(S3Path source, S3Path target) throws IOException {
        S3FileSystem fileSystem = target.getFileSystem();
        try {
            long size = source.getFileSystem().freshAttributes(source).size();
            if (size <= MOST_AT_ONCE)
                fileSystem
                        .client()
                        .copyObject(request -> request.sourceBucket(
                                        source.getFileSystem().bucket())
                                .sourceKey(source.key())
                                .destinationBucket(fileSystem.bucket())
                                .destinationKey(target.key()));
            else copyInParts(source, target, size);
        } catch (SdkException e) {
            throw fileSystem.failed(source, e);
        } finally {
            fileSystem.forget(target);
        }
    }

    private static void copyInParts(S3Path source, S3Path target, long size) {
        S3Client client = target.getFileSystem().client();
        String bucket = target.getFileSystem().bucket();
        String upload = client.createMultipartUpload(
                        request -> request.bucket(bucket).key(target.key()))
                .uploadId();
        try {
            List<CompletedPart> parts = new ArrayList<>();
            for (long from = 0; from < size; from += PART) {
                String range = "bytes=" + from + "-" + (Math.min(from + PART, size) - 1);
                int number = parts.size() + 1;
                String etag = client.uploadPartCopy(request -> request.sourceBucket(
                                        source.getFileSystem().bucket())
                                .sourceKey(source.key())
                                .copySourceRange(range)
                                .destinationBucket(bucket)
                                .destinationKey(target.key())
                                .uploadId(upload)
                                .partNumber(number))
                        .copyPartResult()
                        .eTag();
                parts.add(CompletedPart.builder().partNumber(number).eTag(etag).build());
            }
            client.completeMultipartUpload(request -> request.bucket(bucket)
                    .key(target.key())
                    .uploadId(upload)
                    .multipartUpload(whole -> whole.parts(parts)));
        } catch (RuntimeException e) {
            client.abortMultipartUpload(
                    request -> request.bucket(bucket).key(target.key()).uploadId(upload));
            throw e;
        }
    }
}
