package phema.evaluation;

import java.util.Optional;
import org.springframework.stereotype.Component;
import phema.catalog.Catalog;
import phema.catalog.Run;
import phema.format.Format;
import phema.problem.Problem;
import phema.profile.Profile;
import phema.profile.ProfileFamily;
import phema.solver.FitOptions;
import phema.synthesis.Fits;
import phema.synthesis.OutputOptions;
import phema.synthesis.PreparedWeights;
import phema.synthesis.Syntheses;
import phema.synthesis.WeightsReference;
import phema.synthesis.WeightsRequest;

/** Says what weights a point needs. */
@Component
public record Reconstructions(Catalog catalog, Fits fits, Syntheses syntheses) {
    public EvaluationWeights of(EvaluationSpec spec, Point point, Optional<Format> format) {
        return weights(spec, spec.run(), target(point.family(), point.length(), point.time()), format);
    }

    public Optional<EvaluationWeights> guide(EvaluationSpec spec, Point point, Optional<Format> format) {
        return point.guide().map(g -> weights(spec, g.run(), target(g.sigmaRel(), g.time()), format));
    }

    /** @throws Problem when the run cannot give them */
    private EvaluationWeights weights(EvaluationSpec spec, String name, Profile target, Optional<Format> wanted) {
        WeightsRequest request = WeightsRequest.of(
                target,
                FitOptions.of(spec.solver(), spec.files()),
                wanted.map(OutputOptions::of).orElse(OutputOptions.AS_STORED));
        PreparedWeights weights = fits.prepare(catalog.run(name), request);
        return new EvaluationWeights(weights, syntheses.whole(weights), syntheses);
    }

    /** @throws Problem naming the field unless the run's snapshots reach this time */
    public static void requireTime(String field, Run run, double time) {
        WeightsReference.requireReached(field, run, time);
    }

    /** @throws Problem naming the field when no average has this length */
    public static Profile target(double sigmaRel, double time) {
        return WeightsReference.length(sigmaRel, time);
    }

    /** @throws Problem naming the field when no average of the family has this length and ends at this time */
    public static Profile target(ProfileFamily family, double length, double time) {
        if (family.isPower()) return target(length, time);
        try {
            return family.at(length, time);
        } catch (IllegalArgumentException outOfRange) {
            throw Problem.invalid(LengthFields.LENGTH, family.spec(length) + ": " + outOfRange.getMessage());
        }
    }

    /** @throws Problem naming the field when it is no profile, or none that ends at this time */
    public static Profile target(String profile, double time) {
        return WeightsReference.profile("profile", profile, time);
    }
}
