package phema.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.channels.WritableByteChannel;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.flyway.autoconfigure.FlywayAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.context.TestComponent;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configurers.AbstractHttpConfigurer;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;
import phema.problem.Problem;
import phema.problem.ShownPaths;
import phema.synthesis.Content;

/** RFC 9110 section by section, over a real server. The content has 1000 bytes where a test does not say otherwise. */
@SpringBootTest(classes = ContentResponseTest.Server.class, webEnvironment = WebEnvironment.RANDOM_PORT)
class ContentResponseTest {
    private static final String TAG = "\"c0ffee\"";
    private static final HttpClient client = HttpClient.newHttpClient();

    @LocalServerPort
    int port;

    @Autowired
    Contents contents;

    @Nested
    class Section_8_Representations {
        @Test
        void sendsTheWholeWithItsLengthTagAndName() throws Exception {
            var response = get("/small");
            assertThat(response.statusCode()).isEqualTo(200);
            assertThat(response.body()).isEqualTo(ComputedContent.bytes(0, 1000));
            assertThat(header(response, "Content-Length")).isEqualTo("1000");
            assertThat(header(response, "Content-Type")).isEqualTo("application/octet-stream");
            assertThat(header(response, "ETag")).isEqualTo(TAG);
            assertThat(header(response, "Accept-Ranges")).isEqualTo("bytes");
            assertThat(header(response, "Cache-Control")).isEqualTo("no-cache");
            assertThat(header(response, "Content-Disposition")).isEqualTo("attachment; filename=\"small.bin\"");
        }

        @Test
        void sendsAnEmptyFile() throws Exception {
            for (var response : new HttpResponse<?>[] {get("/empty"), get("/empty", "Range", "bytes=0-")}) {
                assertThat(response.statusCode()).isEqualTo(200);
                assertThat(header(response, "Content-Length")).isEqualTo("0");
            }
        }
    }

    @Nested
    class Section_9_3_2_Head {
        @ParameterizedTest
        @ValueSource(strings = {"X-None: 1", "Range: bytes=0-9", "Range: bytes=5000-", "Range: bytes=0-0,2-2"})
        void answersAsGetWithoutRangeWouldButSendsNoBody(String header) throws IOException {
            RawHttp response = RawHttp.exchange(port, "HEAD /small", header, "Connection: close");
            assertThat(response.statusLine()).startsWith("HTTP/1.1 200");
            assertThat(response.hasHeader("Content-Length: 1000")).isTrue();
            assertThat(response.hasHeader("ETag: " + TAG)).isTrue();
            assertThat(response.hasHeader("Accept-Ranges: bytes")).isTrue();
            assertThat(response.head()).doesNotContain("Content-Range");
            assertThat(response.body()).isEmpty();
        }

        @Test
        void tellsSizesAboveFourGigabytes() throws IOException {
            assertThat(RawHttp.exchange(port, "HEAD /huge", "Connection: close")
                            .hasHeader("Content-Length: " + Contents.HUGE))
                    .isTrue();
        }

        @Test
        void heedsPreconditions() throws IOException {
            assertThat(RawHttp.exchange(port, "HEAD /small", "If-None-Match: " + TAG, "Connection: close")
                            .statusLine())
                    .startsWith("HTTP/1.1 304");
            RawHttp failed = RawHttp.exchange(port, "HEAD /small", "If-Match: \"x\"", "Connection: close");
            assertThat(failed.statusLine()).startsWith("HTTP/1.1 412");
            assertThat(failed.body()).isEmpty();
        }
    }

    @Nested
    class Section_13_1_1_IfMatch {
        @ParameterizedTest
        @ValueSource(strings = {"\"c0ffee\"", "*", "\"x\", \"c0ffee\"", "\"a,b\",\"c0ffee\""})
        void holdsForTheCurrentTag(String value) throws Exception {
            assertThat(get("/small", "If-Match", value).statusCode()).isEqualTo(200);
        }

        @ParameterizedTest
        @ValueSource(strings = {"\"x\"", "W/\"c0ffee\"", "c0ffee", "\"x,c0ffee\""})
        void failsForAnyOtherWithAProblem(String value) throws Exception {
            var response = get("/small", "If-Match", value);
            assertThat(response.statusCode()).isEqualTo(412);
            assertThat(header(response, "Content-Type")).isEqualTo("application/problem+json");
            assertThat(text(response)).contains("\"status\":412").contains("\"type\":\"about:blank\"");
        }

        @Test
        void readsSeveralFieldLinesAsOneList() throws Exception {
            assertThat(get("/small", "If-Match", "\"x\"", "If-Match", TAG).statusCode())
                    .isEqualTo(200);
        }
    }

    @Nested
    class Section_13_1_2_IfNoneMatch {
        @ParameterizedTest
        @ValueSource(strings = {"\"c0ffee\"", "W/\"c0ffee\"", "*", "\"x\" , \"c0ffee\""})
        void answers304WithTheValidatorAndNoBody(String value) throws IOException {
            RawHttp response = RawHttp.exchange(port, "GET /small", "If-None-Match: " + value, "Connection: close");
            assertThat(response.statusLine()).startsWith("HTTP/1.1 304");
            assertThat(response.hasHeader("ETag: " + TAG)).isTrue();
            assertThat(response.hasHeader("Cache-Control: no-cache")).isTrue();
            assertThat(response.body()).isEmpty();
        }

        @ParameterizedTest
        @ValueSource(strings = {"\"x\"", "c0ffee", ""})
        void sendsTheContentToWhoHasAnotherVersion(String value) throws Exception {
            assertThat(get("/small", "If-None-Match", value).statusCode()).isEqualTo(200);
        }
    }

    @Nested
    class Sections_13_1_3_And_13_1_4_Dates {
        @ParameterizedTest
        @ValueSource(strings = {"If-Modified-Since", "If-Unmodified-Since"})
        void areIgnoredAsThereIsNoModificationDate(String name) throws Exception {
            for (String date : new String[] {"Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 01 Jan 2100 00:00:00 GMT"})
                assertThat(get("/small", name, date).statusCode()).isEqualTo(200);
        }
    }

    @Nested
    class Section_13_1_5_IfRange {
        @Test
        void letsTheRangeCountWhenTheTagIsCurrent() throws Exception {
            assertThat(get("/small", "Range", "bytes=1-2", "If-Range", TAG).statusCode())
                    .isEqualTo(206);
        }

        @ParameterizedTest
        @ValueSource(strings = {"\"x\"", "W/\"c0ffee\"", "*", "c0ffee", "Fri, 01 Jan 2100 00:00:00 GMT"})
        void sendsTheWholeOtherwise(String value) throws Exception {
            var response = get("/small", "Range", "bytes=1-2", "If-Range", value);
            assertThat(response.statusCode()).isEqualTo(200);
            assertThat(response.body()).hasSize(1000);
        }

        @Test
        void sendsTheWholeInsteadOf416ToWhoHasAnotherVersion() throws Exception {
            assertThat(get("/small", "Range", "bytes=1000-", "If-Range", "\"x\"")
                            .statusCode())
                    .isEqualTo(200);
        }

        @Test
        void meansNothingWithoutRange() throws Exception {
            assertThat(get("/small", "If-Range", "\"x\"").statusCode()).isEqualTo(200);
        }
    }

    @Nested
    class Section_13_2_2_Precedence {
        @Test
        void putsIfMatchBeforeIfNoneMatch() throws Exception {
            assertThat(get("/small", "If-Match", "\"x\"", "If-None-Match", TAG).statusCode())
                    .isEqualTo(412);
            assertThat(get("/small", "If-Match", TAG, "If-None-Match", TAG).statusCode())
                    .isEqualTo(304);
        }

        @Test
        void putsPreconditionsBeforeRange() throws Exception {
            assertThat(get("/small", "If-None-Match", TAG, "Range", "bytes=0-1").statusCode())
                    .isEqualTo(304);
            assertThat(get("/small", "If-None-Match", TAG, "Range", "bytes=1000-")
                            .statusCode())
                    .isEqualTo(304);
            assertThat(get("/small", "If-Match", "\"x\"", "Range", "bytes=1000-")
                            .statusCode())
                    .isEqualTo(412);
            assertThat(get("/small", "If-Match", TAG, "Range", "bytes=0-1").statusCode())
                    .isEqualTo(206);
        }
    }

    @Nested
    class Section_14_2_Range {
        @Test
        void sendsOneRange() throws Exception {
            for (String range : new String[] {"bytes=990-999", "bytes=990-", "bytes=-10", "bytes=990-5000"}) {
                var response = get("/small", "Range", range);
                assertThat(response.statusCode()).isEqualTo(206);
                assertThat(header(response, "Content-Range")).isEqualTo("bytes 990-999/1000");
                assertThat(header(response, "Content-Length")).isEqualTo("10");
                assertThat(header(response, "Content-Type")).isEqualTo("application/octet-stream");
                assertThat(header(response, "ETag")).isEqualTo(TAG);
                assertThat(response.body()).isEqualTo(ComputedContent.bytes(990, 10));
            }
        }

        @ParameterizedTest
        @ValueSource(strings = {"bytes=2-1", "lines=0-1", "bytes=zero-one", "bytes=0-,0-"})
        void ignoresWhatItDoesNotUnderstandOrWillNotDo(String range) throws Exception {
            var response = get("/small", "Range", range);
            assertThat(response.statusCode()).isEqualTo(200);
            assertThat(response.body()).hasSize(1000);
        }

        @Test
        void reachesBeyondFourGigabytes() throws Exception {
            var response = get("/huge", "Range", "bytes=5000000000-5000000099");
            assertThat(header(response, "Content-Range")).isEqualTo("bytes 5000000000-5000000099/" + Contents.HUGE);
            assertThat(response.body()).isEqualTo(ComputedContent.bytes(5_000_000_000L, 100));
            assertThat(get("/huge", "Range", "bytes=-3").body()).isEqualTo(ComputedContent.bytes(Contents.HUGE - 3, 3));
        }

        @Test
        void promisesTheLengthOfARangeOfSeveralGigabytes() throws Exception {
            var request = HttpRequest.newBuilder(uri("/huge"))
                    .header("Range", "bytes=1-")
                    .build();
            try (InputStream body = client.send(request, HttpResponse.BodyHandlers.ofInputStream())
                    .body()) {
                assertThat(body.readNBytes(1_000_000)).isEqualTo(ComputedContent.bytes(1, 1_000_000));
            }
            var head = RawHttp.exchange(port, "GET /small", "Range: bytes=1-", "Connection: close");
            assertThat(head.hasHeader("Content-Length: 999")).isTrue();
        }
    }

    @Nested
    class Section_14_6_Multipart {
        @Test
        void sendsSeveralRangesAsParts() throws Exception {
            var response = get("/huge", "Range", "bytes=0-9,5000000000-5000000004,-1");
            assertThat(response.statusCode()).isEqualTo(206);
            assertThat(response.headers().firstValue("Content-Range")).isEmpty();
            String type = header(response, "Content-Type");
            assertThat(type).startsWith("multipart/byteranges; boundary=");
            String boundary = type.substring(type.indexOf('=') + 1);
            var expected = new ByteArrayOutputStream();
            for (long[] part : new long[][] {{0, 10}, {5_000_000_000L, 5}, {Contents.HUGE - 1, 1}}) {
                String head =
                        "\r\n--" + boundary + "\r\nContent-Type: application/octet-stream\r\nContent-Range: bytes "
                                + part[0] + "-" + (part[0] + part[1] - 1) + "/" + Contents.HUGE + "\r\n\r\n";
                expected.write(head.getBytes(ISO_8859_1));
                expected.write(ComputedContent.bytes(part[0], (int) part[1]));
            }
            expected.write(("\r\n--" + boundary + "--\r\n").getBytes(ISO_8859_1));
            assertThat(response.body()).isEqualTo(expected.toByteArray());
            assertThat(header(response, "Content-Length")).isEqualTo(String.valueOf(expected.size()));
        }

        @Test
        void neverSendsASingleRangeAsAPart() throws Exception {
            var response = get("/small", "Range", "bytes=5-6,1000-");
            assertThat(header(response, "Content-Range")).isEqualTo("bytes 5-6/1000");
            assertThat(response.body()).isEqualTo(ComputedContent.bytes(5, 2));
        }
    }

    @Nested
    class Section_15_5_17_RangeNotSatisfiable {
        @ParameterizedTest
        @ValueSource(strings = {"bytes=1000-", "bytes=-0", "bytes=1000-1001,2000-"})
        void tellsTheSize(String range) throws IOException {
            RawHttp response = RawHttp.exchange(port, "GET /small", "Range: " + range, "Connection: close");
            assertThat(response.statusLine()).startsWith("HTTP/1.1 416");
            assertThat(response.hasHeader("Content-Range: bytes */1000")).isTrue();
            assertThat(response.hasHeader("Content-Type: application/problem+json"))
                    .isTrue();
            assertThat(new String(response.body(), ISO_8859_1))
                    .contains("Range lies outside of the file, which has 1000 bytes.");
        }
    }

    /**
     * RFC 9112, section 8: a body shorter than its Content-Length is incomplete; it must never be filled up nor left
     * open.
     */
    @Nested
    class Failures {
        @Test
        void beforeTheFirstByteAreProblems() throws Exception {
            var response = get("/changed");
            assertThat(response.statusCode()).isEqualTo(409);
            assertThat(header(response, "Content-Type")).isEqualTo("application/problem+json");
            assertThat(text(response)).contains("an input changed");
            assertThat(response.headers().firstValue("ETag")).isEmpty();
            assertThat(header(response, "Content-Disposition")).isEqualTo("inline");
        }

        @Test
        void belowTheServersBufferAreProblemsToo() throws Exception {
            assertThat(get("/changed-after/100").statusCode()).isEqualTo(409);
        }

        @ParameterizedTest
        @ValueSource(strings = {"/changed-after/600000", "/short-by/1", "/short-by/300"})
        void laterOnesCutTheConnection(String path) throws Exception {
            RawHttp response =
                    RawHttp.exchange(port, "GET " + path); // not "Connection: close": the server must want to
            assertThat(response.statusLine()).startsWith("HTTP/1.1 200");
            assertThat(response.hasHeader("Content-Length: 1000000")).isTrue();
            assertThat(response.body().length).isLessThan(1_000_000);
            assertThat(response.body()).isEqualTo(ComputedContent.bytes(0, response.body().length));
        }

        @Test
        void ofTheClientEndTheWork() throws Exception {
            contents.endOfHuge = new CompletableFuture<>();
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                RawHttp.send(socket, "GET /huge");
                assertThat(socket.getInputStream().readNBytes(100_000)).hasSize(100_000);
            }
            assertThat(contents.endOfHuge.get(30, TimeUnit.SECONDS)).isInstanceOf(IOException.class);
        }
    }

    private URI uri(String path) {
        return URI.create("http://localhost:" + port + path);
    }

    private HttpResponse<byte[]> get(String path, String... headers) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(uri(path));
        if (headers.length > 0) request.headers(headers);
        return client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
    }

    private static String header(HttpResponse<?> response, String name) {
        return response.headers().firstValue(name).orElse("none");
    }

    private static String text(HttpResponse<byte[]> response) {
        return new String(response.body(), ISO_8859_1);
    }

    @TestComponent
    @SpringBootConfiguration(proxyBeanMethods = false)
    @EnableAutoConfiguration(exclude = {DataSourceAutoConfiguration.class, FlywayAutoConfiguration.class})
    @Import({Contents.class, Problems.class, ContainerErrors.class})
    static class Server {
        @Bean
        ShownPaths shownPaths() {
            return new ShownPaths(List.of());
        }

        @Bean
        SecurityFilterChain everythingIsAllowed(HttpSecurity http) throws Exception {
            return http.headers(AbstractHttpConfigurer::disable)
                    .authorizeHttpRequests(rules -> rules.anyRequest().permitAll())
                    .build();
        }
    }

    @TestComponent
    @RestController
    static class Contents {
        static final long HUGE = 5L << 30;
        volatile CompletableFuture<Throwable> endOfHuge = new CompletableFuture<>();

        @GetMapping("/small")
        void small(HttpServletRequest request, HttpServletResponse response) throws IOException {
            ContentResponse.send(new ComputedContent("small.bin", 1000), request, response);
        }

        @GetMapping("/empty")
        void empty(HttpServletRequest request, HttpServletResponse response) throws IOException {
            ContentResponse.send(new ComputedContent("empty.bin", 0), request, response);
        }

        @GetMapping("/huge")
        void huge(HttpServletRequest request, HttpServletResponse response) throws IOException {
            send(new ComputedContent("huge.bin", HUGE), request, response, (target, whole, offset, length) -> {
                try {
                    whole.transferTo(target, offset, length);
                } catch (IOException e) {
                    endOfHuge.complete(e);
                    throw e;
                }
            });
        }

        @GetMapping({"/changed", "/changed-after/{bytes}"})
        void changed(
                @PathVariable(required = false) Long bytes, HttpServletRequest request, HttpServletResponse response)
                throws IOException {
            send(new ComputedContent("a", 1_000_000), request, response, (target, whole, offset, length) -> {
                if (bytes != null) whole.transferTo(target, offset, bytes);
                throw Problem.conflict("an input changed");
            });
        }

        @GetMapping("/short-by/{bytes}")
        void shortBy(@PathVariable long bytes, HttpServletRequest request, HttpServletResponse response)
                throws IOException {
            send(
                    new ComputedContent("a", 1_000_000),
                    request,
                    response,
                    (target, whole, offset, length) -> whole.transferTo(target, offset, length - bytes));
        }

        private interface Transfer {
            void run(WritableByteChannel target, Content whole, long offset, long length) throws IOException;
        }

        private static void send(
                Content whole, HttpServletRequest request, HttpServletResponse response, Transfer transfer)
                throws IOException {
            Content content = new Content() {
                @Override
                public String fileName() {
                    return whole.fileName();
                }

                @Override
                public long size() {
                    return whole.size();
                }

                @Override
                public String identity() {
                    return whole.identity();
                }

                @Override
                public void transferTo(WritableByteChannel target, long offset, long length) throws IOException {
                    transfer.run(target, whole, offset, length);
                }
            };
            ContentResponse.send(content, request, response);
        }
    }
}
