package phema.dashboard;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import phema.fleet.WorkState;
import phema.sweep.FoundLength;
import phema.sweep.Recommendation;
import phema.sweep.SweepBrief;
import phema.sweep.SweepState;
import phema.text.Labels;

/**
 * Describes a run in a line of the start page's table.
 *
 * @param addressed whether it has a page
 * @param trained the time of the newest snapshot on the training job's clock; empty where there is none
 * @param newest when the newest snapshot was written, as machines write it; null where there is none
 * @param recommended for people; empty while nothing is
 * @param value of the metric, with its name; empty while nothing was measured
 * @param valueOf the average that has it
 * @param offered whether that is only offered
 * @param attention what is wrong, each in a few words
 */
record RunRow(
        String name,
        boolean addressed,
        int snapshots,
        String averages,
        String trained,
        @Nullable String newest,
        String newestShown,
        String recommended,
        String value,
        String valueOf,
        boolean offered,
        @Nullable LastSweep sweep,
        List<String> attention) {
    /** The newest sweep in a word. */
    record LastSweep(String id, String metric, String state, String words, int done, int trials) {
        private static LastSweep of(SweepBrief sweep) {
            String state = Labels.of(sweep.state());
            int done = sweep.count(WorkState.DONE);
            return new LastSweep(
                    sweep.id(),
                    sweep.metric(),
                    state,
                    SweepState.inWords(state, done, sweep.count(WorkState.FAILED)),
                    done,
                    sweep.count());
        }
    }

    static RunRow of(RunLine line) {
        boolean none = line.run().snapshots().isEmpty();
        Optional<FoundLength> best = line.best();
        return new RunRow(
                line.run().name(),
                RunSummary.isAddressed(line.run()),
                line.run().snapshots().size(),
                String.join(", ", RunSummary.profiles(line.run())),
                none ? "" : RunClock.of(line.run()).show(line.run().newestTime()),
                none ? null : line.newest().toString(),
                none ? "" : Show.instant(line.newest()),
                line.advice().recommended().map(Recommendation::shown).orElse(""),
                best.map(found -> found.metric() + " " + Show.number(found.value()))
                        .orElse(""),
                best.map(found -> found.optimum().point().shown()).orElse(""),
                line.advice().recommended().flatMap(Recommendation::found).isEmpty(),
                line.sweep() == null ? null : LastSweep.of(line.sweep()),
                line.attention());
    }
}
