package phema.evaluation;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import phema.evaluation.Axis.Effect;

/** Lists all that a sweep may vary. */
public final class Axes {
    /**
     * The length of the average, which every curve is drawn against: the EMA length (sigma_rel) of a power function
     * average, or that of another family.
     */
    public static final Axis<Double, Double> LENGTH = new LengthAxis(new AxisNames(
            LengthFields.SIGMA_REL,
            LengthFields.SIGMA_REL,
            "sigma_rel",
            "EMA length",
            "EMA length",
            "EMA length",
            "--outstd",
            "LIST",
            false,
            "EMA lengths (sigma_rel), such as 0.05,0.10 or 0.010,0.015,...,0.250;"
                    + " of a search, the least and the greatest bound it.",
            "such as 0.05, 0.10 or 0.05, 0.06, ..., 0.20",
            "; the bounds of a search",
            true,
            "EMA lengths, of the profile power:{}; of a search, its bounds"));

    /** The time at which averages end, on the training job's clock. */
    public static final Axis<Double, Double> TIME = new NumberAxis(
            new AxisNames(
                    "time",
                    "time",
                    "time",
                    "Time",
                    "time",
                    "time",
                    "--time",
                    "LIST",
                    false,
                    "Where averages end, on the training job's clock (images seen for EDM2);"
                            + " the latest snapshot's time by default.",
                    "on the training job’s clock; the newest snapshot where empty",
                    "",
                    false,
                    "where averages end; the run's newest snapshot where none is given"),
            Effect.FILES,
            List.of(),
            false,
            false,
            ValuePrinter::time);

    /** The strength of guidance, 1 for none. */
    public static final Axis<Double, Double> GUIDANCE = new NumberAxis(
            new AxisNames(
                    "guidance",
                    "guidance",
                    "guidance",
                    "Guidance",
                    "guidance",
                    "guidance",
                    "--guidance",
                    "LIST",
                    false,
                    "Strengths of guidance; 1, which is none, by default. Of a search, the bounds.",
                    "strengths; 1 is none",
                    "",
                    true,
                    "strengths; 1, which is none, where none is given; of a search, its bounds"),
            Effect.EVALUATION,
            List.of(1.0),
            false,
            true,
            ValuePrinter::number);

    /** The network that guides; none by default: then an evaluator may guide by the network itself without labels. */
    public static final Axis<Guides, Optional<Point.Guide>> GUIDES = new GuidesAxis(new AxisNames(
            "guides",
            "guide",
            "guide",
            "Guiding network",
            "guiding network",
            "guiding network",
            "--guide",
            "RUN@LIST",
            true,
            "Guiding networks: EMA lengths of a run, at its latest snapshot or at times as in RUN@LIST@TIMES;"
                    + " may be given several times.",
            "",
            "",
            false,
            "guiding networks"));

    /** The seeds of the images of one evaluation. */
    public static final Axis<Seeds, Seeds> SEEDS = new SeedsAxis(new AxisNames(
            "seeds",
            "seeds",
            "seeds",
            "Seeds",
            "seed range",
            "seeds",
            "--seeds",
            "RANGE",
            true,
            "Seeds of the images of one evaluation (default: 0-49999); given several times, each point is"
                    + " evaluated with each, which tells noise from differences.",
            "an image each; each range is an evaluation of its own",
            "",
            true,
            "seeds of the images of one evaluation, such as 0-49999; several repeat the measurement with others"));

    /** The parameters that the user invents and evaluators get as given; none by default. */
    public static final Axis<Param, SortedMap<String, ParamValue>> PARAMS = new ParamsAxis(new AxisNames(
            "params",
            "params",
            "params",
            "Parameters",
            "value of each parameter",
            "parameters",
            "--param",
            "NAME=LIST",
            true,
            "What the evaluator gets as given, such as steps=16,32 or mode=fast,exact;"
                    + " may be given several times, for several names.",
            "what the evaluator gets as given, such as steps=16,32; cfg_rescale=0,0.7",
            "",
            false,
            "what the evaluator gets as given: numbers or texts by names, as {\"steps\": [16, 32]}"));

    /** The list of all, in the order of files, forms and tables. */
    public static final List<Axis<?, ?>> ALL = List.of(LENGTH, TIME, GUIDANCE, GUIDES, SEEDS, PARAMS);

    /** The order of the loops of a grid: from what is costly to change to what is not. */
    public static final List<Axis<?, ?>> NESTED =
            ALL.stream().sorted(Comparator.comparing(Axis::effect)).toList();

    private Axes() {}

    /** Of all axes, as far as these points have them, in their order. */
    public static List<Facet> facets(List<Axis<?, ?>> axes, Collection<Point> points) {
        return axes.stream().flatMap(axis -> axis.facets(points).stream()).toList();
    }

    /** Those that make curves of their own, beside EMA length and repeats: what a search could choose first. */
    public static List<Facet> curves(Collection<Point> points) {
        return facets(ALL, points).stream()
                .filter(facet -> facet.axis() != LENGTH && !facet.axis().isRepeat())
                .sorted(Comparator.comparing(facet -> !facet.axis().isContinuous()))
                .toList();
    }
}
