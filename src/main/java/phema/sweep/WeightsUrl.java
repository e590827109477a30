package phema.sweep;

import java.nio.charset.StandardCharsets;
import org.springframework.stereotype.Component;
import org.springframework.web.util.UriUtils;
import phema.profile.ProfileSpec;

/** Where a service gives weights. */
@Component
record WeightsUrl(SweepProperties.Working settings) {
    String of(SweepSpec spec, EvaluationWeights weights) {
        return settings.url().replaceFirst("/$", "") + "/api/v1/runs/"
                + UriUtils.encodePathSegment(weights.run().name(), StandardCharsets.UTF_8)
                + "/weights." + weights.format().extension()
                + "?profile=" + ProfileSpec.print(weights.fit().target())
                + "&time=" + weights.fit().target().endTime()
                + "&solver=" + Words.of(spec.solver())
                + "&files=" + Words.of(spec.files());
    }
}
