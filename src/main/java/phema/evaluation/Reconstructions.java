package phema.evaluation;

import java.util.List;
import java.util.Optional;
import org.springframework.stereotype.Component;
import phema.catalog.Catalog;
import phema.catalog.Run;
import phema.format.Format;
import phema.problem.Problem;
import phema.profile.Power;
import phema.profile.Profile;
import phema.solver.Fit;
import phema.solver.FitOptions;
import phema.synthesis.Content;
import phema.synthesis.Fits;
import phema.synthesis.Names;
import phema.synthesis.OutputOptions;
import phema.synthesis.Syntheses;

/** What weights a point needs. */
@Component
public record Reconstructions(Catalog catalog, Fits fits, Syntheses syntheses) {
    public EvaluationWeights of(EvaluationSpec spec, Point point, Optional<Format> format) {
        return weights(spec, spec.run(), point.sigmaRel(), point.time(), format);
    }

    public Optional<EvaluationWeights> guide(EvaluationSpec spec, Point point, Optional<Format> format) {
        return point.guide().map(g -> weights(spec, g.run(), g.sigmaRel(), g.time(), format));
    }

    /** @throws Problem when the run cannot give them */
    private EvaluationWeights weights(
            EvaluationSpec spec, String name, double sigmaRel, double time, Optional<Format> wanted) {
        Run run = catalog.run(name);
        Profile target = target(sigmaRel, time);
        Fit fit = fits.fit(run, List.of(target), FitOptions.of(spec.solver(), spec.files()), Optional.empty())
                .getFirst();
        Format format = wanted.orElse(run.snapshots().getLast().file().format());
        Syntheses.Named named = new Syntheses.Named(Names.baseName(Names.PREFIX, run, target), fit);
        Content content = syntheses.files(run, named, OutputOptions.of(format)).getFirst();
        return new EvaluationWeights(run, fit, named.baseName(), format, content, syntheses);
    }

    /** @throws Problem naming the field unless the run's snapshots reach this time */
    public static void requireTime(String field, Run run, double time) {
        double first = run.snapshots().getFirst().time();
        double last = run.snapshots().getLast().time();
        if (!(time >= first && time <= last))
            throw Problem.invalid(
                    field,
                    "%s %s lies outside of the snapshots of run %s, which reach from %s to %s"
                            .formatted(field, time, run.name(), first, last));
    }

    public static Profile target(double sigmaRel, double time) {
        try {
            return Power.ofSigmaRel(sigmaRel, time);
        } catch (IllegalArgumentException e) {
            throw Problem.invalid("sigmaRel", "sigmaRel: " + e.getMessage());
        }
    }
}
