package phema.api;

import java.util.List;

/** Describes a sweep with all its trials: the answer of {@code results.json}. */
public record SweepResultsView(SweepView sweep, List<TrialView> trials) {}
