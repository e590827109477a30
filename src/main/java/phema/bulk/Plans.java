package phema.bulk;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.springframework.stereotype.Component;
import phema.bulk.SynthesisPlan.PlannedFile;
import phema.bulk.SynthesisPlan.PlannedTarget;
import phema.catalog.Catalog;
import phema.catalog.Run;
import phema.problem.Problem;
import phema.synthesis.Fits;
import phema.synthesis.FittedTarget;
import phema.synthesis.KeptFit;
import phema.synthesis.PreparedWeights;
import phema.synthesis.Syntheses;

/** Makes plans of syntheses, and from them what is to be written. */
@Component
record Plans(Catalog catalog, Fits fits, Syntheses syntheses, BulkProperties settings) {
    /** @throws Problem when it cannot be done, as far as that can be known before any weights are read */
    SynthesisPlan plan(SynthesisSpec spec) {
        Run run = catalog.run(spec.run());
        PreparedWeights weights = fits.prepare(run, spec.request()).requireDistinctNames();
        Syntheses.Pass pass = syntheses.pass(weights);
        List<List<Syntheses.PassFile>> files = pass.files();
        PartCut.Parts parts =
                new PartCut(files, pass.inputBytes(), settings.partSize().bytes()).parts();
        List<PlannedTarget> targets = weights.targets().stream()
                .map(target -> new PlannedTarget(target.baseName(), KeptFit.of(run, target.fit())))
                .toList();
        return new SynthesisPlan(
                targets,
                files.stream()
                        .flatMap(List::stream)
                        .map(file -> new PlannedFile(file.name(), file.size(), file.identity(), parts.of(file)))
                        .toList(),
                parts.count(),
                SynthesisPlan.snapshots(run, targets));
    }

    /** @throws Problem when this process does not see the run */
    void requireRun(SynthesisSpec spec) {
        catalog.run(spec.run());
    }

    /**
     * What a plan says as this process sees the run.
     *
     * @throws Problem when it does not see the run, or another one, of which it would write other bytes
     */
    Syntheses.Pass pass(SynthesisSpec spec, SynthesisPlan plan) {
        Run run = catalog.run(spec.run());
        List<FittedTarget> targets = new ArrayList<>();
        for (PlannedTarget target : plan.targets())
            targets.add(new FittedTarget(
                    target.baseName(), target.fit().fit(run).orElseThrow(() -> lacking(run, target.fit())), List.of()));
        Syntheses.Pass pass =
                syntheses.pass(new PreparedWeights(run, targets, spec.request().output()));
        Map<String, String> here = new HashMap<>();
        for (List<Syntheses.PassFile> files : pass.files())
            for (Syntheses.PassFile file : files) here.put(file.name(), file.identity());
        for (PlannedFile file : plan.files())
            if (!file.identity().equals(here.get(file.name())))
                throw Problem.conflict("run " + run.name() + " is another here than when the synthesis was asked for: "
                        + file.name()
                        + " would have other bytes. Its snapshots differ in size, time stamp or content, or its "
                        + "manifest does");
        return pass;
    }

    private static Problem lacking(Run run, KeptFit fit) {
        return Problem.conflict("run " + run.name() + " has no snapshot "
                + fit.coefficients().keySet().stream()
                        .filter(name -> run.snapshots().stream()
                                .noneMatch(snapshot -> snapshot.name().equals(name)))
                        .findFirst()
                        .orElse("that the synthesis combines"));
    }
}
