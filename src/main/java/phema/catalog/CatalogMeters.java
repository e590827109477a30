package phema.catalog;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import org.springframework.stereotype.Component;

/** Measures how much the catalog holds. */
@Component
record CatalogMeters(Catalog catalog) implements MeterBinder {
    @Override
    public void bindTo(MeterRegistry registry) {
        Gauge.builder("phema.catalog.runs", () -> catalog.runs().size()).register(registry);
        Gauge.builder(
                        "phema.catalog.roots.unreadable",
                        () -> catalog.unreadable().size())
                .register(registry);
        Gauge.builder(
                        "phema.catalog.snapshots",
                        () -> catalog.runs().stream()
                                .mapToInt(run -> run.snapshots().size())
                                .sum())
                .register(registry);
        Gauge.builder(
                        "phema.catalog.excluded",
                        () -> catalog.runs().stream()
                                .mapToInt(run -> run.excluded().size())
                                .sum())
                .register(registry);
    }
}
