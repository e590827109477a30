package phema.format;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import phema.format.Value.Call;
import phema.format.Value.Dict;
import phema.format.Value.Items;
import phema.format.Value.Text;
import phema.format.Value.Tuple;

/**
 * Takes out of what a trainer saved the state that only the training job itself could go on with: optimizers' moments,
 * schedules of learning rates, generators of random numbers, scales of gradients. What loaders ask for stays, empty: an
 * optimizer's settings without its moments, and lists without entries.
 */
final class StateOfTraining {
    private static final Pattern OPTIMIZER =
            Pattern.compile("opt|optim|optimizers?|(?:opt|optim|optimizer)_(?:states?|state_dicts?|[a-z])");

    private static final Pattern SCHEDULE =
            Pattern.compile("(?:lr_|opt_param_|learning_rate_)?(?:sched|schedulers?)(?:_(?:states?|state_dict))?");

    private static final Pattern OTHER = Pattern.compile("(?:(?:grad|amp|loss)_?)?scaler(?:_state(?:_dict)?)?"
            + "|native_amp_scaling|amp|rngs?|demo_gen"
            + "|(?:(?:torch|cuda|numpy|np|python|cpu|random|random_rng|rng|generator)_?)+states?");

    /** The keys of a learning rate schedule's {@code state_dict}. */
    private static final Set<String> SCHEDULED = Set.of("last_epoch", "_step_count", "base_lrs", "num_steps");

    /** The key below which some trainers keep all that they save. */
    private static final String CONTAINER = "state";

    private final List<String> leftOut = new ArrayList<>();

    private StateOfTraining() {}

    /** Returns the names of what it took out. */
    static List<String> removeFrom(Value root) {
        StateOfTraining state = new StateOfTraining();
        Dict entries = entries(root);
        state.remove("", entries);
        entries.get(CONTAINER).ifPresent(container -> {
            if (!isOptimizer(entries)) state.remove(CONTAINER + ".", entries(container));
        });
        return List.copyOf(state.leftOut);
    }

    /** Whether what is saved under a key is such state. */
    static boolean isKey(String key) {
        return OPTIMIZER.matcher(key).matches()
                || SCHEDULE.matcher(key).matches()
                || OTHER.matcher(key).matches();
    }

    private void remove(String prefix, Dict entries) {
        if (isOptimizer(entries)) return;
        for (Map.Entry<String, Value> entry : List.copyOf(entries.entries().entrySet())) {
            String key = entry.getKey();
            Value value = entry.getValue();
            if (isOptimizer(entries(value))) {
                leftOut.add(prefix + key);
                entries.entries().put(key, withoutMoments(entries(value)));
            } else if (isState(key, value)) {
                leftOut.add(prefix + key);
                if (value instanceof Items) entries.entries().put(key, new Items());
                else entries.entries().remove(key);
            }
        }
    }

    private static boolean isState(String key, Value value) {
        boolean empty = switch (value) {
            case Dict dict -> dict.entries().isEmpty() && dict.others().isEmpty();
            case Items items -> items.items().isEmpty();
            case Tuple tuple -> tuple.items().isEmpty();
            case Call call -> false;
            case Value.Blob blob -> false;
            case Value.None none -> true;
            case Value.Bool bool -> true;
            case Value.Int number -> true;
            case Value.Real number -> true;
            case Text text -> true;
            case Value.Global global -> true;
            case Value.Persistent persistent -> true;
            case Value.Numbers numbers -> true;
            case Value.Held held -> true;
        };
        if (empty) return false;
        if (OTHER.matcher(key).matches()) return true;
        if (TorchTensors.isTensor(value)) return false;
        if (OPTIMIZER.matcher(key).matches()) return true;
        return SCHEDULE.matcher(key).matches()
                && (value instanceof Items
                        || SCHEDULED.stream().anyMatch(entries(value).entries()::containsKey));
    }

    private static boolean isOptimizer(Dict entries) {
        return entries.get("state").isPresent() && entries.get("param_groups").isPresent();
    }

    private static Dict withoutMoments(Dict optimizer) {
        Dict kept = new Dict();
        kept.entries().putAll(optimizer.entries());
        kept.others().addAll(optimizer.others());
        kept.entries().put("state", new Dict());
        return kept;
    }

    private static Dict entries(Value value) {
        return switch (value) {
            case Dict dict -> dict;
            case Call call -> call.entries();
            case Value other -> Dict.EMPTY;
        };
    }
}
