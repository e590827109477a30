package phema.http;

import static java.nio.charset.StandardCharsets.US_ASCII;

import jakarta.servlet.ServletException;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ErrorReportValve;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.tomcat.ConfigurableTomcatWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;

/**
 * Answers requests that Tomcat turns away before any of our code sees them with problem details too, not an HTML page.
 */
@Component
final class MalformedRequests implements WebServerFactoryCustomizer<ConfigurableTomcatWebServerFactory> {
    @Override
    public void customize(ConfigurableTomcatWebServerFactory factory) {
        factory.addContextCustomizers(
                context -> context.getParent().getPipeline().addValve(new Report()));
    }

    private static final class Report extends ErrorReportValve {
        /**
         * Refuses who names no version, whom Tomcat would answer as HTTP/0.9 has it, without a status: there are more
         * who send something else than HTTP than there are clients of that age.
         */
        @Override
        public void invoke(Request request, Response response) throws IOException, ServletException {
            if (!isBare(request)) {
                super.invoke(request, response);
                return;
            }
            if (response.getStatus() < HttpStatus.BAD_REQUEST.value())
                response.setStatus(HttpStatus.BAD_REQUEST.value());
            response.setError();
            report(request, response, null);
        }

        private static boolean isBare(Request request) {
            String protocol = request.getProtocol();
            return protocol == null || protocol.isEmpty();
        }

        /** Tomcat writes no head to such a client, nor to one that it takes for such a client afterwards. */
        private static boolean isWithoutHead(Response response) {
            response.getCoyoteResponse().commit();
            return response.getHeader("Date") == null;
        }

        @Override
        protected void report(Request request, Response response, @Nullable Throwable cause) {
            HttpStatus status = HttpStatus.resolve(response.getStatus());
            if (status == null || !status.isError() || response.getContentWritten() > 0 || !response.setErrorReported())
                return;
            String problem =
                    "{\"type\":\"about:blank\",\"title\":\"%s\",\"status\":%d,\"detail\":\"the request is malformed\"}"
                            .formatted(status.getReasonPhrase(), status.value());
            try {
                response.setContentType("application/problem+json");
                // And no length, which Tomcat would hold a head to that is written here.
                response.setHeader("Connection", "close");
                if (isWithoutHead(response)) {
                    response.getCoyoteResponse()
                            .doWrite(ByteBuffer.wrap(("HTTP/1.1 %d %s\r\nContent-Type: application/problem+json\r\n"
                                            + "Content-Length: %d\r\nConnection: close\r\n\r\n%s")
                                    .formatted(status.value(), status.getReasonPhrase(), problem.length(), problem)
                                    .getBytes(US_ASCII)));
                } else response.getOutputStream().write(problem.getBytes(US_ASCII));
                response.finishResponse();
            } catch (IOException clientIsGone) {
                container.getLogger().debug("A malformed request could not be answered", clientIsGone);
            }
        }
    }
}
