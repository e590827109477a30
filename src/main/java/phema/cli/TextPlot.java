package phema.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import phema.profile.ProfileFamily;

/** Draws curves in letters: values upwards, lengths to the right by their logarithms, the best one pointed at. */
final class TextPlot {
    private static final int WIDTH = 60;
    private static final int HEIGHT = 12;
    private static final String MARKS = "ox+#@%&*";

    /**
     * The limit of what is drawn to scale: values of more than this times the least are drawn at the top, or nobody
     * would see the valley.
     */
    private static final double FAR = 3;

    record PlottedPoint(double x, double y) {}

    record PlottedCurve(String name, List<PlottedPoint> points) {}

    private TextPlot() {}

    /**
     * @param best a length to be pointed at; none for NaN
     * @param family whose lengths they are
     * @param max whether more is better, and the summit is what to see
     * @return lines; none when there are no two lengths to tell apart
     */
    static List<String> lines(List<PlottedCurve> curves, double best, ProfileFamily family, boolean max) {
        List<PlottedPoint> all =
                curves.stream().flatMap(c -> c.points().stream()).toList();
        if (all.stream().map(PlottedPoint::x).distinct().count() < 2) return List.of();
        double[] ys = all.stream().mapToDouble(PlottedPoint::y).sorted().toArray();
        double low = ys[0];
        double high = ys[ys.length - 1];
        boolean cut = !max && low > 0 && high > FAR * low;
        Scale y = new Scale(value -> value, low, cut ? FAR * low : high, HEIGHT);
        double[] xs = all.stream().mapToDouble(PlottedPoint::x).sorted().toArray();
        Scale x = new Scale(Math::log, xs[0], xs[xs.length - 1], WIDTH);

        char[][] canvas = new char[HEIGHT][WIDTH];
        for (char[] row : canvas) Arrays.fill(row, ' ');
        for (int i = 0; i < curves.size(); i++)
            for (PlottedPoint point : curves.get(i).points())
                canvas[HEIGHT - 1 - y.cell(point.y())][x.cell(point.x())] = mark(i);

        String top = (cut ? ">" : "") + SweepResults.number(y.high());
        String bottom = SweepResults.number(y.low());
        int margin = Math.max(top.length(), bottom.length());
        List<String> lines = new ArrayList<>();
        for (int row = 0; row < HEIGHT; row++) {
            String label = row == 0 ? top : row == HEIGHT - 1 ? bottom : "";
            lines.add((" ".repeat(margin - label.length()) + label + " |" + new String(canvas[row])).stripTrailing());
        }
        lines.add(" ".repeat(margin) + " +" + rule(x, best));
        lines.add(" ".repeat(margin + 2) + ends(x, family));
        if (curves.size() > 1)
            for (int i = 0; i < curves.size(); i++)
                lines.add(" ".repeat(margin + 2) + mark(i) + " " + curves.get(i).name());
        return lines;
    }

    private static char mark(int curve) {
        return MARKS.charAt(curve % MARKS.length());
    }

    private static String rule(Scale x, double best) {
        StringBuilder rule = new StringBuilder("-".repeat(WIDTH));
        if (best >= x.low() && best <= x.high()) rule.setCharAt(x.cell(best), '^');
        return rule.toString();
    }

    private static String ends(Scale x, ProfileFamily family) {
        String low = family.print(x.low());
        String high = family.print(x.high());
        return low + " ".repeat(WIDTH - low.length() - high.length()) + high;
    }

    private record Scale(DoubleUnaryOperator of, double low, double high, int cells) {
        int cell(double value) {
            double span = of.applyAsDouble(high) - of.applyAsDouble(low);
            double share = span == 0 ? 0.5 : (of.applyAsDouble(value) - of.applyAsDouble(low)) / span;
            return (int) Math.round(Math.min(share, 1) * (cells - 1));
        }
    }
}
