package phema.hub;

import phema.catalog.Run;
import phema.problem.Problem;
import phema.synthesis.WeightsReference;

/**
 * Names of a repository's branches: {@code main}, and {@link WeightsReference}s that begin with a word,
 * as {@code ema-0.100} or {@code decay-cosine-800}.
 */
final class Revision {
    static final String MAIN = "main";

    private Revision() {}

    /** @throws HubError when the text is no name of a revision, or out of range; it says what is possible */
    static WeightsReference parse(String name, Run run) {
        if (!name.matches("(?=[a-z])" + WeightsReference.FORM))
            throw none(name + " is no revision of run " + run.name(), run);
        try {
            return WeightsReference.parse(name, run);
        } catch (Problem wrong) {
            throw none(name + ": " + wrong.getMessage(), run);
        }
    }

    /** @throws HubError when the run has no snapshots, and so no revisions */
    static Run requireAny(Run run) {
        try {
            return run.requireUsable();
        } catch (Problem none) {
            throw HubError.noRevision(none.getMessage());
        }
    }

    /** @param wrong with the revision that was asked for */
    static HubError none(String wrong, Run run) {
        return HubError.noRevision("""
                %s. Revisions are main; ema-S for an EMA length (sigma_rel) S in (0, 0.288675), such as ema-0.100; \
                paper-S for the published solver; ema-S@T and paper-S@T for an earlier time T, %s to %s; \
                decay-cosine-W, decay-linear-W and decay-1-sqrt-W, with or without -floor-F, uniform-W and halflife-H \
                for other averages, with W and H on the run's clock and @T as well; \
                and the 40 digits of a commit that was given out""".formatted(
                        wrong,
                        WeightsReference.printTime(run.oldestTime(), run),
                        WeightsReference.printTime(run.newestTime(), run)));
    }
}
