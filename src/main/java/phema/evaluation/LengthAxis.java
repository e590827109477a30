package phema.evaluation;

import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import phema.profile.ProfileFamily;
import phema.text.Labels;

/**
 * Varies the length of averages, which every curve is drawn against: sigma_rel of the paper's, and what
 * {@link ProfileFamily} says of others. Points and requests know which family it is.
 */
final class LengthAxis extends NumberAxis {
    LengthAxis(AxisNames names) {
        super(names, Effect.WEIGHTS, List.of(), true, true, ValuePrinter::length);
    }

    @Override
    public List<Facet> facets(Collection<Point> points) {
        ProfileFamily family = points.stream().map(Point::family).findFirst().orElse(ProfileFamily.POWER);
        if (family.isPower()) return super.facets(points);
        return List.of(new Facet(
                this,
                family.kind().column(),
                family.kind().title(),
                family.kind().noun(),
                (point, printer) -> Labels.plain(point.length()),
                Comparator.comparing(Point::length),
                true));
    }

    @Override
    public List<AxisField> fields() {
        return List.of(
                new AxisField(
                        LengthFields.PROFILE,
                        LengthFields.PROFILE,
                        "Averages",
                        "power:{} where empty; or decay:cosine:{}, uniform:{}, exponential:halflife={}",
                        "",
                        AxisField.FieldKind.TEXT,
                        true),
                new AxisField(
                        name(),
                        name(),
                        "Lengths",
                        "such as 0.05, 0.06, ..., 0.20; windows and half-lives on the training job’s clock",
                        names().searchHint(),
                        AxisField.FieldKind.NUMBERS,
                        true));
    }

    /** The family is not a value of this axis: {@link LengthFields}. */
    @Override
    public List<Double> ofForm(UnaryOperator<String> form) {
        return parse(form.apply(name()));
    }

    @Override
    public Map<String, Object> cells(Point point) {
        if (point.family().isPower()) return super.cells(point);
        Map<String, Object> cells = new LinkedHashMap<>();
        cells.put(LengthFields.PROFILE, point.profile());
        cells.put(LengthFields.LENGTH, point.length());
        return cells;
    }
}
