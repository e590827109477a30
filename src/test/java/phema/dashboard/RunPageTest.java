package phema.dashboard;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.springframework.boot.test.web.server.LocalServerPort;
import phema.FixtureService;
import phema.http.RawHttp;

/** What the page of a run holds, by its address, on the EDM2 fixture run: 16 times from 16384 to 262144. */
@FixtureService
class RunPageTest {
    @LocalServerPort
    private int port;

    private String get(String query, int status) throws IOException {
        return answer("/runs/edm2" + query, status);
    }

    private String answer(String path, int status) throws IOException {
        RawHttp answer = RawHttp.exchange(port, "GET " + path, "Connection: close");
        String body = new String(answer.body(), UTF_8);
        assertThat(answer.statusLine()).as(body).startsWith("HTTP/1.1 " + status);
        return body;
    }

    @Test
    void familiesAreTypedAsTheyAreWritten() throws Exception {
        assertThat(get("?profile=decay:cosine:{},floor=0.1", 200))
                .contains("<option value=\"decay:cosine:{},floor=0.1\" selected=\"selected\">");
    }
}
