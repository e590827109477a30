package phema.sweep;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.springframework.stereotype.Component;
import phema.catalog.Catalog;
import phema.catalog.Excluded;
import phema.catalog.Run;
import phema.evaluation.EvaluatorIdentity;
import phema.evaluation.Evaluators;
import phema.evaluation.Guides;
import phema.evaluation.Reconstructions;
import phema.fleet.Fleet;
import phema.problem.Problem;
import phema.problem.ShownPaths;
import phema.text.Labels;

/**
 * Tells which sweeps this process can evaluate as they were meant: processes that share a database may be configured
 * otherwise, see other files, or lack programs.
 */
@Component
record Suitability(Catalog catalog, Evaluators evaluators, SweepStore sweeps, Fleet fleet, ShownPaths paths) {
    /** As this process has it. @throws Problem when it lacks the evaluator or a run, or cannot read a file of theirs */
    Basis basis(SweepSpec spec) {
        Witnesses files = Witnesses.of(runs(spec));
        return Basis.of(identity(spec).settings(), files);
    }

    /** That of the sweep's evaluator here. @throws Problem as {@link #basis} */
    EvaluatorIdentity identity(SweepSpec spec) {
        try {
            return evaluators.named(spec.evaluator()).identity(spec.evaluation(), catalog.run(spec.run()));
        } catch (IOException e) {
            throw Problem.unprocessable("the settings of evaluator " + spec.evaluator() + " cannot be told: " + e);
        }
    }

    /** Those of the sweep's witnesses that are here. */
    private Basis seen(Basis asked, SweepSpec spec) {
        Witnesses files = asked.witnesses().in(runs(spec));
        return Basis.of(identity(spec).settings(), files);
    }

    private List<Run> runs(SweepSpec spec) {
        return Stream.concat(Stream.of(spec.run()), spec.guides().stream().map(Guides::run))
                .distinct()
                .map(catalog::run)
                .toList();
    }

    /** How this process's settings and files differ from the sweep's, in words for users; empty where they do not. */
    Optional<String> difference(SweepSpec spec, Optional<Basis> asked) {
        try {
            return asked.flatMap(basis -> basis.objection(spec.evaluator(), seen(basis, spec)));
        } catch (Problem e) {
            return Optional.of(e.getMessage());
        }
    }

    /**
     * Why this process should not evaluate trials of a sweep, in words for the user; empty where it may.
     *
     * @param asked what the sweep rests on, where it is known already
     */
    Optional<String> objection(SweepSpec spec, Optional<Basis> asked) {
        return spec.remote()
                .map(evaluator -> "its trials are for clients that ask for those of " + evaluator.text())
                .or(() -> unfitness(spec, asked));
    }

    /** Why this process can give no weights for trials of a sweep, in words for the user; empty where it can. */
    Optional<String> unfitness(SweepSpec spec, Optional<Basis> asked) {
        Optional<String> difference = difference(spec, asked);
        if (difference.isPresent()) return difference;
        try {
            Optional<String> unusable = asked.flatMap(basis -> unusable(basis, spec));
            if (unusable.isPresent()) return unusable;
            Run run = catalog.run(spec.run());
            for (double time : spec.time()) Reconstructions.requireTime("time", run, time);
            for (Guides guides : spec.guides())
                for (double time : guides.time())
                    Reconstructions.requireTime("guides.time", catalog.run(guides.run()), time);
            if (asked.isPresent() && !seesAny(asked.get(), spec))
                return Optional.of("its run " + spec.run() + " in " + run.folder()
                        + " has none of the files that the sweep was made for");
            evaluators.named(spec.evaluator()).requireStartable(spec.evaluation(), run);
            return Optional.empty();
        } catch (Problem e) {
            return Optional.of(e.getMessage());
        }
    }

    /** Files may be deleted; but one that is there, and for now is none of the run's, is one that was replaced. */
    private Optional<String> unusable(Basis asked, SweepSpec spec) {
        for (Run run : runs(spec))
            for (Excluded file : run.excluded()) {
                String key = run.name() + "/" + file.name();
                // Of a file that holds several averages, each is a snapshot.
                if (asked.snapshots().keySet().stream().anyMatch(one -> one.equals(key) || one.startsWith(key + "#")))
                    return Optional.of("its file " + key + " was used when the sweep was made, and is not used now ("
                            + Labels.inWords(file.reason()) + ")");
            }
        return Optional.empty();
    }

    /** What is known of weights of the sweep that are about to be evaluated. */
    TrialWeights weights(SweepSpec spec, Optional<Basis> asked, OptionalDouble predictedError) {
        Optional<Witnesses> files = asked.map(Basis::witnesses);
        int noted = files.map(Witnesses::count).orElse(0);
        int there = files.map(known -> known.in(runs(spec)).count()).orElse(0);
        return new TrialWeights(
                predictedError.isPresent() ? Optional.of(predictedError.getAsDouble()) : Optional.empty(),
                noted - there,
                noted);
    }

    /** Files may have been deleted since; all of them hardly. */
    private boolean seesAny(Basis asked, SweepSpec spec) {
        Witnesses files = asked.witnesses();
        return !files.hasAny(spec.run())
                || files.in(List.of(catalog.run(spec.run()))).hasAny(spec.run());
    }

    /** Notes anew what this worker leaves alone, of all sweeps that wait. Files come and go. */
    void examine() {
        Map<String, String> before = fleet.leavesAlone(TrialId.TASK);
        Map<String, String> now = new TreeMap<>();
        for (SweepStore.StoredSweep sweep : sweeps.waiting())
            // Of those for clients, a worker has ended what is known before it leaves the rest alone.
            if (sweep.spec().remote().isEmpty() || before.containsKey(sweep.id()))
                objection(sweep.spec(), sweep.basis()).ifPresent(reason -> now.put(sweep.id(), shown(reason)));
        for (String sweep : before.keySet()) if (!now.containsKey(sweep)) fleet.takeUp(TrialId.TASK, sweep);
        now.forEach((sweep, reason) -> {
            if (!reason.equals(before.get(sweep))) leaveAlone(sweep, reason);
        });
    }

    /** From now on the queue gives this worker no trial of it. */
    void leaveAlone(String sweep, String reason) {
        fleet.leaveAlone(TrialId.TASK, sweep, shown(reason));
    }

    /** Everybody may read it. */
    private String shown(String reason) {
        return ShownPaths.withoutFolders(paths.in(reason));
    }
}
