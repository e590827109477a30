package phema.dashboard;

import java.util.Locale;
import org.jspecify.annotations.Nullable;
import phema.fleet.WorkState;
import phema.sweep.Optimum;
import phema.sweep.Sweep;
import phema.sweep.SweepSpec;

/**
 * A sweep in a line.
 *
 * @param optimum the best EMA length so far, with what it depends on; empty while there is none
 * @param created as machines write it
 */
record SweepRow(
        String id,
        String run,
        String metric,
        String evaluator,
        String axes,
        String state,
        int done,
        int trials,
        String optimum,
        @Nullable String value,
        String created,
        String createdShown) {
    static SweepRow of(Sweep sweep) {
        SweepSpec spec = sweep.spec();
        return new SweepRow(
                sweep.id(),
                spec.run(),
                spec.metric(),
                spec.evaluator(),
                axes(spec),
                Show.word(sweep.state()),
                sweep.count(WorkState.DONE),
                sweep.count(),
                sweep.optimum().map(SweepRow::optimum).orElse(""),
                sweep.optimum().map(SweepRow::value).orElse(null),
                sweep.created().toString(),
                Show.instant(sweep.created()));
    }

    static String optimum(Optimum optimum) {
        String best = Show.length(optimum.point().sigmaRel());
        return optimum.low() == optimum.high()
                ? best
                : String.format(
                        Locale.ROOT, "%s (%s to %s)", best, Show.length(optimum.low()), Show.length(optimum.high()));
    }

    static String value(Optimum optimum) {
        String value = Show.number(optimum.metric());
        return optimum.standardError()
                .map(e -> value + " ± " + Show.uncertainty(e))
                .orElse(value);
    }

    /** {@code 5 EMA lengths, 3 guidances, 2 seed ranges}. */
    private static String axes(SweepSpec spec) {
        StringBuilder axes = new StringBuilder();
        if (spec.mode() == SweepSpec.SweepMode.SEARCH)
            axes.append("search of EMA length").append(spec.guidance().size() > 1 ? " and guidance" : "");
        else {
            add(axes, spec.sigmaRel().size(), "EMA length");
            addSeveral(axes, spec.time().size(), "time");
            addSeveral(axes, spec.guidance().size(), "guidance");
            add(axes, guides(spec), "guiding network");
        }
        addSeveral(axes, spec.seeds().size(), "seed range");
        return axes.toString();
    }

    private static int guides(SweepSpec spec) {
        return spec.guides().stream()
                .mapToInt(g -> g.sigmaRel().size() * Math.max(g.time().size(), 1))
                .sum();
    }

    private static void addSeveral(StringBuilder axes, int count, String what) {
        if (count > 1) add(axes, count, what);
    }

    private static void add(StringBuilder axes, int count, String what) {
        if (count == 0) return;
        if (!axes.isEmpty()) axes.append(", ");
        axes.append(count).append(' ').append(what).append(count == 1 ? "" : "s");
    }
}
