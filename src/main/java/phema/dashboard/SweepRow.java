package phema.dashboard;

import static java.util.stream.Collectors.joining;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import phema.evaluation.Axes;
import phema.fleet.WorkState;
import phema.profile.ProfileFamily;
import phema.search.Interval;
import phema.sweep.Evidence;
import phema.sweep.Optimum;
import phema.sweep.Sweep;
import phema.sweep.SweepSpec;
import phema.text.Labels;

/**
 * Describes a sweep in a line.
 *
 * @param words for its state, {@code done, 1 failed}; {@code state} itself is what colours it
 * @param remark what to be careful about with the optimum, in few words; empty for nothing
 * @param name by which a job finds it again; empty for none
 * @param metrics all that its trials must have, the one that is optimised first
 * @param lengths between which the sweep looks
 * @param length what is varied first: {@code EMA length}, {@code window}
 * @param power whether it is the EMA length of the paper
 * @param optimum the best average so far, with what it depends on; empty while there is none
 * @param created as machines write it
 */
record SweepRow(
        String id,
        String name,
        String note,
        List<String> tags,
        boolean archived,
        String run,
        String metric,
        List<String> metrics,
        String evaluator,
        String axes,
        String lengths,
        String length,
        boolean power,
        String state,
        String words,
        int done,
        int trials,
        String optimum,
        String remark,
        @Nullable String value,
        String created,
        String createdShown) {
    static SweepRow of(Sweep sweep) {
        SweepSpec spec = sweep.spec();
        return new SweepRow(
                sweep.id(),
                sweep.name().orElse(""),
                sweep.description().note(),
                List.copyOf(sweep.description().tags()),
                sweep.description().archived(),
                spec.run(),
                spec.metric(),
                spec.metrics().names(),
                spec.evaluator(),
                axes(spec),
                lengths(spec),
                spec.axes().family().kind().noun(),
                spec.axes().family().isPower(),
                Labels.of(sweep.state()),
                sweep.stateInWords(),
                sweep.count(WorkState.DONE),
                sweep.count(),
                sweep.optimum().map(SweepRow::optimum).orElse(""),
                Stream.of(
                                sweep.otherWeights()
                                        .map(difference -> "of weights that the run had before")
                                        .orElse(""),
                                remark(sweep))
                        .filter(remark -> !remark.isEmpty())
                        .collect(joining(", ")),
                sweep.optimum().map(SweepRow::value).orElse(null),
                sweep.created().toString(),
                Show.instant(sweep.created()));
    }

    static String remark(Sweep sweep) {
        return sweep.evidence().map(known -> remark(sweep, known)).orElse("");
    }

    private static String remark(Sweep sweep, Evidence evidence) {
        List<String> remarks = new ArrayList<>();
        if (evidence.missing() > 0) remarks.add(evidence.missing() + " of " + evidence.all() + " trials missing");
        if (evidence.thinned().isPresent()) remarks.add("files were deleted meanwhile");
        if (!sweep.state().isEnd()) remarks.add("best so far");
        else
            switch (evidence.edge()) {
                case NONE -> {}
                case SHORTEST -> remarks.add("shortest tried");
                case LONGEST -> remarks.add("longest tried");
            }
        return String.join(", ", remarks);
    }

    static String optimum(Optimum optimum) {
        ProfileFamily family = optimum.point().family();
        String best = optimum.point().shown();
        return optimum.low() == optimum.high()
                ? best
                : String.format(
                        Locale.ROOT, "%s (%s to %s)", best, family.print(optimum.low()), family.print(optimum.high()));
    }

    static String value(Optimum optimum) {
        String value = Show.number(optimum.metric());
        return optimum.standardError()
                .map(e -> value + " ± " + Show.uncertainty(e))
                .orElse(value);
    }

    /** {@code 0.040 to 0.140}. */
    private static String lengths(SweepSpec spec) {
        ProfileFamily family = spec.axes().family();
        Interval all = Interval.of(spec.lengths());
        String least = family.print(all.low());
        return all.low() == all.high() ? least : least + " to " + family.print(all.high());
    }

    /** {@code 5 EMA lengths, 3 guidances, 2 seed ranges}. */
    private static String axes(SweepSpec spec) {
        boolean search = spec.mode() == SweepSpec.SweepMode.SEARCH;
        String searched = Axes.ALL.stream()
                .filter(axis ->
                        axis.isRequired() || axis.isContinuous() && spec.axes().count(axis) > 1)
                .map(axis -> axis == Axes.LENGTH && !spec.axes().family().isPower()
                        ? spec.axes().family().kind().noun() + " of "
                                + spec.axes().family().template()
                        : axis.names().noun())
                .collect(joining(" and ", "search of ", ""));
        Stream<String> summaries = Axes.ALL.stream()
                .filter(axis -> !search || axis.isRepeat())
                .map(axis -> spec.axes().summary(axis))
                .filter(summary -> !summary.isEmpty());
        return Stream.concat(search ? Stream.of(searched) : Stream.empty(), summaries)
                .collect(joining(", "));
    }
}
