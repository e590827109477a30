package phema.api;

import io.swagger.v3.oas.annotations.media.Schema;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import phema.problem.Problem;
import phema.sweep.MeasurementRow;
import phema.sweep.MeasurementsCsv;

/**
 * Brings metrics along that were measured elsewhere.
 *
 * @param source who, or what file, says so
 * @param evaluator that measured them; without one they are only shown
 * @param version of the evaluator, where it has one
 * @param measurements at least one
 */
public record MeasurementsRequest(
        @Schema(requiredMode = Schema.RequiredMode.REQUIRED, example = "mine") @Nullable
        String source,

        @Nullable String evaluator,
        @Nullable String version,

        @Schema(requiredMode = Schema.RequiredMode.REQUIRED) @Nullable
        List<@Nullable MeasurementRequest> measurements) {
    /**
     * A measurement.
     *
     * @param sigmaRel an EMA length
     * @param profile any other average with a length, in its place
     * @param time where the average ends; the run's newest snapshot where none is given
     * @param guidance 1, none, where it is not given
     * @param seeds of the images, an image each; without them the number is not known, and it is only shown
     * @param metrics at least one, by name
     */
    public record MeasurementRequest(
            @Schema(example = "0.1") @Nullable Double sigmaRel,

            @Schema(example = "decay:cosine:65536") @Nullable
            String profile,

            @Nullable Double time,
            @Nullable Double guidance,

            @Schema(example = "0-49999") @Nullable String seeds,

            @Schema(requiredMode = Schema.RequiredMode.REQUIRED, example = "{\"fid\": 2.6}") @Nullable
            Map<String, @Nullable Double> metrics) {}

    /** The same, of those who are named where this names none. */
    public MeasurementsRequest or(MeasurementsCsv.MeasuredBy by) {
        return new MeasurementsRequest(
                source == null && !by.source().isEmpty() ? by.source() : source,
                Objects.requireNonNullElse(evaluator, by.evaluator()),
                Objects.requireNonNullElse(version, by.version()),
                measurements);
    }

    /** @param most how many there may be. @throws Problem naming the field that is missing or wrong */
    public List<MeasurementRow> rows(int most) {
        if (source == null) throw Problem.invalid("source", "source is missing: who, or what file, says so");
        List<@Nullable MeasurementRequest> all = Objects.requireNonNullElse(measurements, List.of());
        if (all.size() > most)
            throw Problem.tooLarge("measurements: there are " + all.size() + "; phema.sweep.max-points allows " + most);
        List<MeasurementRow> rows = new ArrayList<>();
        for (MeasurementRequest each : all) rows.add(row(new MeasurementRow.RowPlace(rows.size(), false), each));
        return rows;
    }

    private MeasurementRow row(MeasurementRow.RowPlace place, @Nullable MeasurementRequest given) {
        if (given == null) throw Problem.invalid("measurements", "measurements[" + place.number() + "] is null");
        SortedMap<String, Double> metrics = new TreeMap<>();
        if (given.metrics != null)
            given.metrics.forEach((name, value) -> {
                if (value == null) throw Problem.invalid(name, place.of("metrics." + name) + " is null");
                metrics.put(name, value);
            });
        return new MeasurementRow(
                place,
                Objects.requireNonNull(source),
                Objects.requireNonNullElse(evaluator, ""),
                Objects.requireNonNullElse(version, ""),
                Optional.ofNullable(given.sigmaRel),
                Optional.ofNullable(given.profile),
                Optional.ofNullable(given.time),
                Optional.ofNullable(given.guidance),
                Optional.ofNullable(given.seeds).map(text -> MeasurementsCsv.seeds(place, text)),
                metrics);
    }
}
