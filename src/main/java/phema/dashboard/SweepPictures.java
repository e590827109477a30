package phema.dashboard;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.toList;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import phema.api.PictureView;
import phema.evaluation.Axes;
import phema.evaluation.Facet;
import phema.evaluation.Point;
import phema.evaluation.ValuePrinter;
import phema.sweep.Sweep;
import phema.sweep.SweepSpec;
import phema.sweep.Trial;

/**
 * Chooses whose images of a sweep are shown together: trials that differ in their lengths, repeats, and what a search
 * chose beside.
 *
 * @param facets that differ otherwise
 * @param beside of a search, what has any value at each length
 * @param places what can be chosen, by what addresses have
 * @param chosen one of these
 */
record SweepPictures(
        Sweep sweep, List<Facet> facets, List<Facet> beside, Map<String, List<Trial>> places, String chosen) {
    /**
     * Looks at trials with images.
     *
     * @param wanted values of requests by their parameters' names: {@code at} a place, or values of facets; what is
     *     no value of the sweep is passed over
     */
    static SweepPictures of(Sweep sweep, List<Trial> trials, Set<Integer> numbers, Map<String, String> wanted) {
        List<Trial> seen = trials.stream()
                .filter(trial -> numbers.contains(trial.number()))
                .toList();
        List<Point> points = seen.stream().map(Trial::point).toList();
        List<Facet> varying = Axes.curves(points).stream()
                .filter(facet -> facet.varies(points))
                .toList();
        List<Facet> beside =
                varying.stream().filter(facet -> isSearched(sweep, facet)).toList();
        List<Facet> facets =
                varying.stream().filter(facet -> !isSearched(sweep, facet)).toList();
        Map<String, List<Trial>> places = seen.stream()
                .sorted((a, b) -> compare(facets, a.point(), b.point()))
                .collect(groupingBy(
                        trial -> text(facets, trial.point(), PagePrinter.PLAIN), LinkedHashMap::new, toList()));
        String best = sweep.optimum()
                .map(o -> text(facets, o.point(), PagePrinter.PLAIN))
                .filter(places::containsKey)
                .orElse("");
        List<String> asked = places.keySet().stream()
                .filter(place -> isAsked(facets, places.getOrDefault(place, List.of()), wanted))
                .toList();
        String chosen = wanted.getOrDefault("at", "");
        if (!places.containsKey(chosen)) chosen = asked.isEmpty() || asked.contains(best) ? best : asked.getFirst();
        if (!places.containsKey(chosen) && !places.isEmpty())
            chosen = places.keySet().iterator().next();
        return new SweepPictures(sweep, facets, beside, places, chosen);
    }

    private static boolean isSearched(Sweep sweep, Facet facet) {
        return sweep.spec().mode() == SweepSpec.SweepMode.SEARCH
                && facet.axis().isContinuous()
                && sweep.spec().axes().count(facet.axis()) > 1;
    }

    private static boolean isAsked(List<Facet> facets, List<Trial> of, Map<String, String> wanted) {
        return facets.stream()
                .allMatch(facet -> wanted.getOrDefault(facet.column(), "").isEmpty()
                        || ChartSlice.plain(facet, of.getFirst().point()).equals(wanted.get(facet.column())));
    }

    private static int compare(List<Facet> facets, Point one, Point other) {
        return facets.stream()
                .mapToInt(facet -> facet.order().compare(one, other))
                .filter(order -> order != 0)
                .findFirst()
                .orElse(0);
    }

    private static String text(List<Facet> facets, Point point, ValuePrinter printer) {
        return facets.stream()
                .map(facet -> (facet.shownAs() + " " + facet.text(point, printer)).strip())
                .collect(joining(", "));
    }

    /** Places that can be chosen, where there are several. */
    List<ChartSlice.Choice.Option> options(RunClock clock) {
        if (places.size() < 2) return List.of();
        return places.entrySet().stream()
                .map(e -> new ChartSlice.Choice.Option(
                        e.getKey(),
                        text(facets, e.getValue().getFirst().point(), new PagePrinter(clock)),
                        e.getKey().equals(chosen)))
                .toList();
    }

    /** The images of what was chosen. @param pictures of a trial */
    PictureSheet sheet(Function<Trial, List<PictureView>> pictures, RunClock clock) {
        String metric = sweep.spec().metric();
        Map<List<Object>, List<Trial>> repeats = places.getOrDefault(chosen, List.of()).stream()
                .collect(groupingBy(
                        trial -> List.of(trial.point().length(), text(beside, trial.point(), PagePrinter.PLAIN)),
                        LinkedHashMap::new,
                        toList()));
        List<PictureSheet.SeenPoint> points = repeats.values().stream()
                .map(trials -> {
                    Point point = trials.getFirst().point();
                    List<PictureView> views = trials.stream()
                            .flatMap(trial -> pictures.apply(trial).stream())
                            .toList();
                    List<Double> measured = trials.stream()
                            .filter(trial -> trial.metrics().containsKey(metric))
                            .map(trial -> trial.metrics().getOrDefault(metric, Double.NaN))
                            .toList();
                    return new PictureSheet.SeenPoint(
                            point.length(),
                            text(beside, point, new PagePrinter(clock)),
                            measured.isEmpty()
                                    ? Optional.empty()
                                    : Optional.of(measured.stream()
                                            .mapToDouble(value -> value)
                                            .average()
                                            .orElseThrow()),
                            views);
                })
                .toList();
        Optional<Double> best = sweep.optimum()
                .map(o -> o.point())
                .filter(point -> text(facets, point, PagePrinter.PLAIN).equals(chosen))
                .map(Point::length);
        return PictureSheet.of(sweep.spec().axes().family(), metric, best, points);
    }
}
