package phema.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Describes a sweep with all its trials: the answer of {@code results.json}.
 *
 * @param measured what was measured elsewhere and counts with them; none where there is nothing
 */
public record SweepResultsView(
        SweepView sweep, List<TrialView> trials, @Nullable List<MeasurementView> measured) {}
