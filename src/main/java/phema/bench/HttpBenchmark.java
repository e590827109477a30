package phema.bench;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

/** Times downloads from a running service. */
public final class HttpBenchmark implements AutoCloseable {
    private static final int BUFFER = 1 << 16;

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    /** A whole download, its bytes thrown away. */
    public double seconds(URI uri) throws IOException, InterruptedException {
        long begin = System.nanoTime();
        read(HttpRequest.newBuilder(uri).build());
        return (System.nanoTime() - begin) / 1e9;
    }

    /** A range in the middle of a file. */
    public double rangeSeconds(URI uri, long first, int length) throws IOException, InterruptedException {
        long begin = System.nanoTime();
        HttpRequest request = HttpRequest.newBuilder(uri)
                .header("Range", "bytes=" + first + "-" + (first + length - 1))
                .build();
        long bytes = read(request);
        if (bytes != length) throw new IOException(uri + " sent " + bytes + " bytes of a range of " + length);
        return (System.nanoTime() - begin) / 1e9;
    }

    /** Size of a file in bytes. */
    public long size(URI uri) throws IOException, InterruptedException {
        HttpRequest head = HttpRequest.newBuilder(uri).HEAD().build();
        return client.send(head, HttpResponse.BodyHandlers.discarding())
                .headers()
                .firstValueAsLong("Content-Length")
                .orElseThrow(() -> new IOException(uri + " has no Content-Length"));
    }

    /** Downloads the same file so many times at once; each client's seconds, the fastest first. */
    public List<Double> secondsAtOnce(URI uri, int clients) throws IOException, InterruptedException {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Double>> downloads = IntStream.range(0, clients)
                    .mapToObj(i -> threads.submit(() -> seconds(uri)))
                    .toList();
            List<Double> seconds = new ArrayList<>();
            for (Future<Double> download : downloads) seconds.add(download.get());
            return seconds.stream().sorted().toList();
        } catch (ExecutionException e) {
            throw new IOException(e.getCause());
        }
    }

    /**
     * Measures {@link #seconds} while others have started the same download and read nothing more, or have gone away.
     */
    public double secondsBesideIdleClients(URI uri, int idle) throws IOException, InterruptedException {
        List<InputStream> stalled = new ArrayList<>();
        try {
            for (int i = 0; i < idle; i++) {
                InputStream body = client.send(
                                HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofInputStream())
                        .body();
                if (body.read() < 0) throw new IOException(uri + " is empty");
                if (i % 2 == 0) body.close();
                else stalled.add(body);
            }
            return seconds(uri);
        } finally {
            for (InputStream body : stalled) body.close();
        }
    }

    private long read(HttpRequest request) throws IOException, InterruptedException {
        HttpResponse<InputStream> response = client.send(request, HttpResponse.BodyHandlers.ofInputStream());
        if (response.statusCode() / 100 != 2)
            throw new IOException(request.uri() + " answered " + response.statusCode());
        byte[] buffer = new byte[BUFFER];
        long total = 0;
        try (InputStream body = response.body()) {
            for (int n; (n = body.read(buffer)) >= 0; ) total += n;
        }
        return total;
    }

    @Override
    public void close() {
        client.close();
    }
}
