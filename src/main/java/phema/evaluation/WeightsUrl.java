package phema.evaluation;

import java.nio.charset.StandardCharsets;
import org.springframework.stereotype.Component;
import org.springframework.web.util.UriUtils;
import phema.profile.ProfileSpec;
import phema.text.Labels;

/** Says where a service gives weights. */
@Component
record WeightsUrl(WeightsProperties settings) {
    String of(EvaluationSpec spec, EvaluationWeights weights) {
        return settings.url().replaceFirst("/$", "") + path(spec, weights);
    }

    /** Below the service's address. */
    static String path(EvaluationSpec spec, EvaluationWeights weights) {
        return "/api/v1/runs/"
                + UriUtils.encodePathSegment(weights.run().name(), StandardCharsets.UTF_8)
                + (weights.isLikeInputs()
                        ? "/weights"
                        : "/weights." + weights.format().extension())
                + "?profile="
                + UriUtils.encodeQueryParam(ProfileSpec.print(weights.fit().target()), StandardCharsets.UTF_8)
                + "&time=" + weights.fit().target().endTime()
                + "&solver=" + Labels.of(spec.solver())
                + "&files=" + Labels.of(spec.files())
                + "&identity=" + weights.identity(); // no other file will do
    }
}
