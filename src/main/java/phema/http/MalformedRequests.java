package phema.http;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
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
                response.getOutputStream().write(problem.getBytes(US_ASCII));
                response.finishResponse();
            } catch (IOException clientIsGone) {
                container.getLogger().debug("A malformed request could not be answered", clientIsGone);
            }
        }
    }
}
