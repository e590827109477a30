package phema.sweep;

import static java.util.stream.Collectors.joining;

import java.util.List;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;
import phema.evaluation.Point;
import phema.text.StoredJson;

/**
 * Holds sweeps that lie beside a run's snapshots, as the file {@link #NAME} has them: what was measured, and what the
 * network made there. Nothing of it is believed before it is read as any other file of strangers.
 */
public record CarriedFile(@Nullable List<CarriedEntry> sweeps) {
    /** The file in the run's folder. */
    public static final String NAME = "sweeps.json";

    /** One sweep. @param spec as the database keeps it; its run is the one that the file lies in */
    public record CarriedEntry(
            @Nullable SweepSpec spec, @Nullable List<CarriedTrial> trials) {}

    /** One of its trials that is done. */
    public record CarriedTrial(
            @Nullable Point point,
            @Nullable SortedMap<String, Double> metrics,
            @Nullable List<CarriedImage> images) {}

    /** One of its images. @param file a PNG or JPEG file */
    @SuppressWarnings("ArrayRecordComponent")
    public record CarriedImage(@Nullable String name, byte @Nullable [] file) {}

    /** The file of one sweep, with a line for each trial. */
    public static String json(SweepSpec spec, List<CarriedTrial> trials) {
        return "{\"sweeps\":[{\"spec\":" + StoredJson.write(spec) + ",\"trials\":[\n"
                + trials.stream().map(StoredJson::write).collect(joining(",\n")) + "\n]}]}\n";
    }
}
