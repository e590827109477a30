package phema.evaluation;

import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.springframework.stereotype.Component;
import phema.evaluation.EvaluatorProperties.EvaluatorSettings;
import phema.problem.Problem;
import phema.text.Labels;

/** Holds the configured evaluators, by name. */
@Component
public class Evaluators {
    private final SortedMap<String, Evaluator> all = new TreeMap<>();
    private final EvaluatorProperties properties;

    Evaluators(EvaluatorProperties properties, TrialFolders folders, WeightCache cache, WeightsUrl url) {
        this.properties = properties;
        properties
                .evaluators()
                .forEach((name, settings) -> all.put(name, evaluator(name, settings, folders, cache, url)));
    }

    private static Evaluator evaluator(
            String name, EvaluatorSettings settings, TrialFolders folders, WeightCache cache, WeightsUrl url) {
        return switch (settings.type()) {
            case COMMAND -> {
                if (settings.command().isEmpty())
                    throw Problem.invalid(
                            "phema.evaluators." + name + ".command",
                            "phema.evaluators." + name + ".command is missing: a program and its arguments");
                yield new CommandEvaluator(name, settings, cache, url, folders);
            }
            case BUILTIN -> new BuiltinEvaluator(name, settings);
        };
    }

    /** @throws Problem when none is configured under this name, and it is not that of a {@link RemoteEvaluator} */
    public Evaluator named(String name) {
        return find(name)
                .orElseThrow(() -> Problem.invalid(
                        "evaluator",
                        "no evaluator is named " + name + "; phema.evaluators has " + String.join(", ", all.keySet())
                                + "; one whose trials clients ask for is named remote:" + name));
    }

    /** In alphabetical order. */
    public Set<String> names() {
        return Collections.unmodifiableSortedSet(new TreeSet<>(all.keySet()));
    }

    public Optional<Evaluator> find(String name) {
        return RemoteEvaluator.parse(name)
                .<Evaluator>map(remote -> remote)
                .or(() -> Optional.ofNullable(all.get(name)));
    }

    /** How many images of a trial are kept. */
    public int samples() {
        return properties.samples();
    }

    public List<EvaluatorView> views() {
        return new TreeMap<>(properties.evaluators())
                .entrySet().stream().map(e -> view(e.getKey(), e.getValue())).toList();
    }

    private static EvaluatorView view(String name, EvaluatorSettings settings) {
        return new EvaluatorView(
                name,
                Labels.of(settings.type()),
                switch (settings.type()) {
                    case COMMAND -> null;
                    case BUILTIN ->
                        settings.features().keySet().stream().sorted().toList();
                },
                List.of());
    }
}
