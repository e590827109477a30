package phema.dashboard;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import phema.api.PictureView;
import phema.profile.ProfileFamily;

/**
 * Shows what averages of several lengths make: a line for each length, the same seeds side by side.
 *
 * @param axis what lengths are called
 * @param names of the pictures, which are the columns
 * @param lines by length
 * @param problems what is said of files that are no images
 * @param lengths how many there are; lines are fewer where they are very many
 */
record PictureSheet(String axis, List<String> names, List<PictureLine> lines, List<String> problems, int lengths) {
    private static final int MOST_LINES = 24;
    private static final int MOST_COLUMNS = 64;
    private static final int MOST_PROBLEMS = 20;

    /** The side up to which images are enlarged with sharp edges. */
    private static final int TINY = 64;

    /**
     * One length.
     *
     * @param at its value, as addresses have it
     * @param x its value on the chart
     * @param cells one for each name
     */
    record PictureLine(String at, double x, String length, String metric, boolean best, List<PictureCell> cells) {}

    /**
     * One image, or the place where one would be.
     *
     * @param label of its seed
     * @param url null where there is none
     * @param media its type; null where there is none
     */
    record PictureCell(
            String label,
            String caption,
            @Nullable String url,
            @Nullable String thumbnail,
            @Nullable String media,
            boolean tiny) {}

    /**
     * What was measured and seen at one place.
     *
     * @param note what else its place is told by
     */
    record SeenPoint(double length, String note, Optional<Double> metric, List<PictureView> pictures) {}

    /** @param best the length of the optimum, where it lies among these */
    static PictureSheet of(ProfileFamily family, String metric, Optional<Double> best, List<SeenPoint> points) {
        String axis = family.isPower() ? "EMA length" : family.kind().title();
        List<SeenPoint> seen = some(points, best);
        TreeSet<String> all = new TreeSet<>(Comparator.comparing(String::length).thenComparing(name -> name));
        Map<String, List<String>> problems = new LinkedHashMap<>();
        for (SeenPoint point : seen)
            for (PictureView picture : point.pictures()) {
                if (picture.problem() == null) all.add(picture.name());
                else
                    problems.computeIfAbsent(picture.problem(), of -> new ArrayList<>())
                            .add(family.print(point.length()));
            }
        List<String> names = all.stream().limit(MOST_COLUMNS).toList();
        Optional<SeenPoint> nearest = best.flatMap(length ->
                seen.stream().min(Comparator.comparingDouble(p -> distance(p.length(), length))));
        List<PictureLine> lines = seen.stream()
                .map(point ->
                        line(axis, family, metric, nearest.filter(point::equals).isPresent(), names, point))
                .toList();
        List<String> told = problems.entrySet().stream()
                .limit(MOST_PROBLEMS)
                .map(e -> e.getKey() + " (" + axis + " " + String.join(", ", e.getValue()) + ")")
                .toList();
        return new PictureSheet(axis, names, lines, told, points.size());
    }

    /** The ends, the best, and some evenly between where they are very many. */
    private static List<SeenPoint> some(List<SeenPoint> points, Optional<Double> best) {
        List<SeenPoint> sorted = points.stream()
                .sorted(Comparator.comparingDouble(SeenPoint::length).thenComparing(SeenPoint::note))
                .toList();
        int n = sorted.size();
        if (n <= MOST_LINES) return sorted;
        TreeSet<Integer> kept = new TreeSet<>();
        for (int i = 0; i < MOST_LINES; i++) kept.add(Math.round((float) i * (n - 1) / (MOST_LINES - 1)));
        best.flatMap(length -> IntStream.range(0, n)
                        .boxed()
                        .min(Comparator.comparingDouble(
                                i -> distance(sorted.get(i).length(), length))))
                .ifPresent(kept::add);
        return kept.stream().map(sorted::get).toList();
    }

    private static double distance(double length, double other) {
        return Math.abs(Math.log(length / other));
    }

    private static PictureLine line(
            String axis, ProfileFamily family, String metric, boolean best, List<String> names, SeenPoint point) {
        Map<String, PictureView> byName = new TreeMap<>();
        for (PictureView picture : point.pictures()) byName.putIfAbsent(picture.name(), picture);
        String length = family.print(point.length()) + (point.note().isEmpty() ? "" : ", " + point.note());
        String value = point.metric().map(m -> metric + " " + Show.number(m)).orElse("");
        return new PictureLine(
                point.length() + point.note(),
                point.length(),
                length,
                value,
                best,
                names.stream()
                        .map(name -> {
                            String label = label(name);
                            String caption = label + ", " + axis + " " + length + (value.isEmpty() ? "" : ", " + value);
                            PictureView view = byName.get(name);
                            if (view == null || view.url() == null)
                                return new PictureCell(label, caption, null, null, null, false);
                            return new PictureCell(
                                    label, caption, view.url(), view.thumbnail(), view.media(), isTiny(view));
                        })
                        .toList());
    }

    private static boolean isTiny(PictureView view) {
        return view.width() != null && view.height() != null && Math.max(view.width(), view.height()) <= TINY;
    }

    private static String label(String name) {
        return name.matches("\\d+") ? "Seed " + Long.parseLong(name) : name;
    }

    public boolean isEmpty() {
        return lines.isEmpty();
    }

    /** A column or a row is named. @param note what is said of it beside */
    record Heading(String text, String note, boolean best) {}

    record Row(Heading heading, List<PictureCell> cells) {}

    /** A table of it, either way round. */
    record Table(List<Heading> columns, List<Row> rows) {}

    Table table(boolean seedsAsRows) {
        List<Heading> lengths = lines.stream()
                .map(line -> new Heading(line.length(), line.metric(), line.best()))
                .toList();
        List<Heading> seeds =
                names.stream().map(name -> new Heading(label(name), "", false)).toList();
        if (!seedsAsRows)
            return new Table(
                    seeds,
                    IntStream.range(0, lines.size())
                            .mapToObj(i -> new Row(lengths.get(i), lines.get(i).cells()))
                            .toList());
        return new Table(
                lengths,
                IntStream.range(0, names.size())
                        .mapToObj(c -> new Row(
                                seeds.get(c),
                                lines.stream().map(line -> line.cells().get(c)).toList()))
                        .toList());
    }

    /** Two lines of the same seeds, to be compared. @param seed the only one that is shown; empty for all */
    record Sides(PictureLine left, PictureLine right, List<PictureCell> leftCells, List<PictureCell> rightCells) {}

    /**
     * Two lengths side by side: those that are asked for or, where they are none of these, the best and the shortest.
     *
     * @param seed the name of the only picture; of all of them where none is called so
     */
    Optional<Sides> sides(String left, String right, String seed) {
        if (lines.size() < 2) return Optional.empty();
        PictureLine best = best().orElse(lines.getLast());
        PictureLine usual = best == lines.getFirst() ? lines.getLast() : lines.getFirst();
        Optional<PictureLine> asked = line(right);
        PictureLine one = line(left).orElse(asked.filter(line -> line == usual).isPresent() ? best : usual);
        PictureLine other = asked.orElse(best == one ? usual : best);
        List<Integer> columns = IntStream.range(0, names.size())
                .filter(c -> !names.contains(seed) || names.get(c).equals(seed))
                .filter(c ->
                        one.cells().get(c).url() != null && other.cells().get(c).url() != null)
                .boxed()
                .toList();
        if (columns.isEmpty()) return Optional.empty();
        return Optional.of(new Sides(
                one,
                other,
                columns.stream().map(one.cells()::get).toList(),
                columns.stream().map(other.cells()::get).toList()));
    }

    Optional<PictureLine> best() {
        return lines.stream().filter(PictureLine::best).findFirst();
    }

    /** A sentence for each of these that an address names and that is not here. */
    List<String> gone(String left, String right, String seed) {
        List<String> gone = new ArrayList<>();
        for (String at : List.of(left, right))
            if (!at.isEmpty() && line(at).isEmpty())
                gone.add("There are no pictures of " + axis + " " + at + "; another one is shown.");
        if (!seed.isEmpty() && !names.contains(seed))
            gone.add("There are no pictures of seed " + seed + "; those of all are shown.");
        return gone;
    }

    /** @param at as addresses have it, or as it is shown */
    private Optional<PictureLine> line(String at) {
        return lines.stream()
                .filter(line -> line.at().equals(at) || line.length().equals(at))
                .findFirst();
    }

    /** Choices of a seed. */
    List<ChartSlice.Choice.Option> seeds(String chosen) {
        List<ChartSlice.Choice.Option> options = new ArrayList<>();
        options.add(new ChartSlice.Choice.Option("", "all", !names.contains(chosen)));
        for (String name : names) options.add(new ChartSlice.Choice.Option(name, label(name), name.equals(chosen)));
        return options;
    }
}
