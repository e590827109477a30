package phema.sweep;

import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.springframework.stereotype.Component;
import phema.catalog.CatalogProperties;
import phema.problem.Problem;
import phema.sweep.EvaluatorProperties.Settings;

/** The configured evaluators, by name. */
@Component
class Evaluators {
    private final SortedMap<String, Evaluator> all = new TreeMap<>();

    Evaluators(EvaluatorProperties properties, CatalogProperties catalog, WeightCache cache, WeightsUrl url) {
        properties
                .evaluators()
                .forEach((name, settings) -> all.put(name, evaluator(name, settings, catalog, cache, url)));
    }

    private static Evaluator evaluator(
            String name, Settings settings, CatalogProperties catalog, WeightCache cache, WeightsUrl url) {
        return switch (settings.type()) {
            case COMMAND ->
                new CommandEvaluator(
                        name,
                        settings,
                        cache,
                        url,
                        catalog.home().resolve("trials").toAbsolutePath());
            case BUILTIN -> new BuiltinEvaluator(name, settings);
        };
    }

    List<String> names() {
        return List.copyOf(all.keySet());
    }

    /** @throws Problem when none is configured under this name */
    Evaluator named(String name) {
        Evaluator evaluator = all.get(name);
        if (evaluator == null)
            throw Problem.invalid(
                    "evaluator",
                    "no evaluator is named " + name + "; phema.evaluators has " + String.join(", ", all.keySet()));
        return evaluator;
    }
}
