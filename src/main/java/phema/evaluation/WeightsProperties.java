package phema.evaluation;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import phema.text.ByteSize;

/**
 * Says how evaluators on this host get their weights.
 *
 * @param weightsSpace of all weight files that are written for them
 * @param weightsAge how long one that nobody uses is kept
 * @param url where those with {@code weights: url} find the service
 */
@ConfigurationProperties("phema.worker")
record WeightsProperties(
        @DefaultValue("20GiB") ByteSize weightsSpace,
        @DefaultValue("10m") Duration weightsAge,
        @DefaultValue("http://localhost:8080") String url) {}
