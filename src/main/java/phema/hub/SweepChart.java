package phema.hub;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.joining;

import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import phema.evaluation.Axes;
import phema.evaluation.Facet;
import phema.evaluation.Point;
import phema.evaluation.ValuePrinter;
import phema.profile.ProfileFamily;
import phema.search.Repeats;
import phema.sweep.Optimum;
import phema.sweep.Sweep;
import phema.sweep.Trial;
import phema.text.Labels;

/**
 * Draws a sweep's metric against the length of averages as SVG: a line for all that differs otherwise, means over
 * seeds, and the optimum marked.
 */
final class SweepChart {
    private static final int WIDTH = 640;
    private static final int HEIGHT = 400;
    private static final int LEFT = 70;
    private static final int RIGHT = 150;
    private static final int TOP = 20;
    private static final int BOTTOM = 50;
    private static final int TICKS = 5;
    private static final List<String> COLOURS =
            List.of("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#666666");

    private static final ValuePrinter PRINTER = new ValuePrinter() {
        @Override
        public String length(double sigmaRel) {
            return Labels.plain(sigmaRel);
        }

        @Override
        public String time(double time) {
            return Labels.plain(time);
        }

        @Override
        public String number(double value) {
            return Labels.plain(value);
        }

        @Override
        public String guide(Point.Guide guide) {
            return guide.run() + " " + Labels.plain(guide.sigmaRel());
        }
    };

    private final StringBuilder svg = new StringBuilder();
    private final ProfileFamily family;
    private final double[] x;
    private final double[] y;

    private SweepChart(ProfileFamily family, List<Double> lengths, List<Double> metrics) {
        this.family = family;
        x = range(lengths);
        y = range(metrics);
    }

    /** @param trials of the sweep, of which at least one is done */
    static String of(Sweep sweep, List<Trial> trials) {
        String metric = sweep.spec().metric();
        List<Facet> facets = Axes.curves(trials.stream().map(Trial::point).toList());
        SortedMap<String, SortedMap<Double, Double>> lines = new TreeMap<>();
        trials.stream()
                .filter(trial -> trial.metrics().containsKey(metric))
                .collect(groupingBy(trial -> label(trial.point(), facets)))
                .forEach((label, line) -> lines.put(label, means(line, metric)));
        SweepChart chart = new SweepChart(
                sweep.spec().axes().family(),
                lines.values().stream().flatMap(line -> line.keySet().stream()).toList(),
                lines.values().stream().flatMap(line -> line.values().stream()).toList());
        return chart.draw(metric, lines, sweep);
    }

    private static SortedMap<Double, Double> means(List<Trial> line, String metric) {
        SortedMap<Double, Double> means = new TreeMap<>();
        Repeats.by(
                        line,
                        trial -> trial.point().length(),
                        trial -> trial.metrics().getOrDefault(metric, Double.NaN))
                .forEach((length, repeats) -> means.put(length, repeats.mean()));
        return means;
    }

    /** {@code guidance 1.4 at 1000, guide small 0.1}. */
    private static String label(Point point, List<Facet> facets) {
        return "guidance " + Labels.plain(point.guidance()) + " at " + Labels.plain(point.time())
                + facets.stream()
                        .filter(facet -> facet.axis() != Axes.GUIDANCE && facet.axis() != Axes.TIME)
                        .filter(facet -> facet.axis().isNotable(point))
                        .map(facet -> ", " + facet.column() + " " + facet.text(point, PRINTER))
                        .collect(joining());
    }

    private String draw(String metric, SortedMap<String, SortedMap<Double, Double>> lines, Sweep sweep) {
        add(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" "
                        + "font-size=\"12\">",
                WIDTH, HEIGHT);
        add("<title>%s against %s</title>", escaped(metric), family.kind().noun());
        add("<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>");
        for (int i = 0; i <= TICKS; i++) {
            double at = x[0] + (x[1] - x[0]) * i / TICKS;
            add("<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>", px(at), HEIGHT - BOTTOM + 18, shown(at));
            double value = y[0] + (y[1] - y[0]) * i / TICKS;
            add("<path d=\"M%d %.1fH%d\" stroke=\"#ddd\"/>", LEFT, py(value), WIDTH - RIGHT);
            add("<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%.4g</text>", LEFT - 6, py(value) + 4, value);
        }
        add(
                "<text x=\"%d\" y=\"%d\">%s</text>",
                LEFT, HEIGHT - 10, family.isPower() ? "EMA length (sigma_rel)" : family.label());
        add("<text x=\"%d\" y=\"%d\">%s</text>", LEFT, TOP - 6, escaped(metric));
        int n = 0;
        for (Map.Entry<String, SortedMap<Double, Double>> line : lines.entrySet()) {
            String colour = COLOURS.get(n % COLOURS.size());
            String points = line.getValue().entrySet().stream()
                    .map(p -> String.format(Locale.ROOT, "%.1f,%.1f", px(p.getKey()), py(p.getValue())))
                    .collect(joining(" "));
            add("<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>", points, colour);
            add(
                    "<text x=\"%d\" y=\"%d\" fill=\"%s\" font-size=\"10\">%s</text>",
                    WIDTH - RIGHT + 8, TOP + 12 + 14 * n++, colour, escaped(line.getKey()));
        }
        sweep.optimum().ifPresent(this::mark);
        return svg.append("</svg>\n").toString();
    }

    private void mark(Optimum optimum) {
        double length = optimum.point().length();
        add(
                "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"5\" fill=\"none\" stroke=\"black\" "
                        + "stroke-width=\"2\"><title>%s: %.4g</title></circle>",
                px(length), py(optimum.metric()), shown(length), optimum.metric());
    }

    private String shown(double length) {
        return String.format(Locale.ROOT, family.isPower() ? "%.3f" : "%.5g", length);
    }

    private void add(String format, Object... values) {
        svg.append(String.format(Locale.ROOT, format, values)).append('\n');
    }

    private double px(double length) {
        return LEFT + (length - x[0]) / (x[1] - x[0]) * (WIDTH - LEFT - RIGHT);
    }

    private double py(double metric) {
        return HEIGHT - BOTTOM - (metric - y[0]) / (y[1] - y[0]) * (HEIGHT - TOP - BOTTOM);
    }

    /** Returns the range from the least to the greatest, widened where they are equal. */
    private static double[] range(List<Double> values) {
        double low = Collections.min(values);
        double high = Collections.max(values);
        return low < high ? new double[] {low, high} : new double[] {low - 0.01, low + 0.01};
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }
}
