package phema.format;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toList;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static phema.Fixtures.fixture;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import phema.TestWeights;
import phema.tensor.DType;

/** Files of {@code make.py}, whose training states hold whatever pickles can say. */
class TorchOriginalTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "torch/training_state_2.pt",
                "torch/training_state_4.pt",
                "torch/training.ckpt",
                "torch/module.pt",
                "torch/legacy.pth",
                "torch/tensors.pt"
            })
    void whatIsCopiedDescribesTheSameObject(String name) throws IOException {
        TorchOriginal original = original(fixture(name));
        TorchOriginal copy = original(written(original, Map.of()));
        assertThat(new Description(copy).text()).isEqualTo(new Description(original).text());
        assertThat(copy.protocol()).isEqualTo(original.protocol());
    }

    @Test
    void onlyWhatTheTrainingJobAloneCouldGoOnWithIsLeftOut() throws IOException {
        TorchOriginal original = original(fixture("torch/training_state_2.pt"));
        assertThat(original.leftOut())
                .containsExactly("opt", "lr_schedulers", "sched", "rng_state", "optimizer_states");
        String all = new Description(original).text();
        assertThat(all)
                .contains("opt={state={}, param_groups=[{lr=0.001", "optimizer_states=[]", "lr_schedulers=[]")
                .contains("scaler=None", "ema_sched={last_epoch=3}")
                .doesNotContain("exp_avg", "base_lrs", "rng_state");
    }

    /** Raw weights and average as one, in the element types that each had, and tied as they were. */
    @Test
    void weightsStandUnderAllNamesThatTheyHave() throws IOException {
        TorchOriginal original = original(fixture("torch/training_state_2.pt"));
        Map<String, Tensor> weights = new HashMap<>();
        for (Tensor tensor : original.file().tensors())
            if (tensor.name().startsWith("ema.")) {
                String name = tensor.name().substring("ema.".length());
                weights.put(tensor.name(), tensor.as(name, tensor.role()));
                weights.put("model.module." + name, tensor.as(name, tensor.role()));
            }
        TorchOriginal copy = original(written(original, weights));

        assertThat(elements(copy, "model.module.in.weight"))
                .isEqualTo(elements(original, "ema.in.weight"))
                .isNotEqualTo(elements(original, "model.module.in.weight"));
        assertThat(elements(copy, "wrapped")).isEqualTo(elements(original, "wrapped"));
        Map<Long, List<String>> places =
                copy.file().tensors().stream().collect(groupingBy(Tensor::offset, mapping(Tensor::name, toList())));
        assertThat(places.values())
                .contains(
                        List.of(
                                "model.module.in.weight",
                                "model.module.tied.weight",
                                "ema.in.weight",
                                "ema.tied.weight"),
                        List.of("model.module.out.weight", "ema.out.weight"),
                        List.of("model.module.codes", "ema.codes"));
    }

    @Test
    void weightsHaveTheElementTypeThatIsAskedForAndTheRestItsOwn() throws IOException {
        TorchOriginal original = original(fixture("torch/training_state_2.pt"));
        Map<String, Tensor> weights = new HashMap<>();
        for (Tensor tensor : original.file().tensors())
            if (tensor.name().startsWith("ema.")) weights.put(tensor.name(), tensor);
        Layout layout = original.layout(
                        "out", weights, t -> t.dtype().isFloating() ? DType.BF16 : t.dtype(), Map.of(), Long.MAX_VALUE)
                .getFirst();
        assertThat(layout.fileName()).isEqualTo("out.pt");
        assertThat(elements(layout)
                        .filter(e -> e.dtype() == DType.BF16)
                        .map(e -> e.tensor().name()))
                .containsExactlyInAnyOrder("ema.in.weight", "ema.out.weight", "frozen.by name");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> original.layout("out", weights, Tensor::dtype, Map.of(), 20))
                .withMessageContaining("cannot be split into shards");
    }

    @Test
    void aFileIsFlatWhereItHoldsWeightsByTheirNamesAndNothingElse() throws IOException {
        assertThat(isFlat("torch/tensors.pt", "")).isTrue();
        assertThat(isFlat("torch/legacy.pth", "")).isTrue();
        assertThat(isFlat("torch/training.ckpt", "")).isFalse();
        assertThat(isFlat("torch/module.pt", "")).isFalse();
        assertThat(isFlat("torch/tensors.pt", "float")).isFalse();
    }

    /** @param prefix that was taken off names */
    private static boolean isFlat(String name, String prefix) throws IOException {
        TorchOriginal original = original(fixture(name));
        Map<String, Tensor> weights = new HashMap<>();
        for (Tensor tensor : original.file().tensors())
            weights.put(
                    tensor.name(),
                    tensor.name().startsWith(prefix)
                            ? tensor.as(tensor.name().substring(prefix.length()), tensor.role())
                            : tensor);
        return original.isFlat(weights);
    }

    private static Stream<Layout.TensorElements> elements(Layout layout) {
        return layout.segments().stream()
                .filter(Layout.TensorElements.class::isInstance)
                .map(Layout.TensorElements.class::cast);
    }

    private static byte[] elements(TorchOriginal original, String name) {
        WeightFile file = original.file();
        return TestWeights.elements(file, file.tensors().get(file.indexOf(name, 0)));
    }

    private Path written(TorchOriginal original, Map<String, Tensor> weights) throws IOException {
        Layout layout = original.layout("out", weights, Tensor::dtype, Map.of(), Long.MAX_VALUE)
                .getFirst();
        return Samples.write(layout, original.file(), folder);
    }

    private static TorchOriginal original(Path path) throws IOException {
        return (TorchOriginal)
                WeightFiles.original(WeightFiles.read(path), anywhere -> true).orElseThrow();
    }

    /** Everything that a pickle says, with tensors as their elements and what is met again by its number. */
    private static final class Description {
        private final TorchOriginal original;
        private final Map<Value, Integer> known = new IdentityHashMap<>();

        Description(TorchOriginal original) {
            this.original = original;
        }

        String text() {
            return of(original.root());
        }

        private String of(Value value) {
            boolean compound = value instanceof Value.Call
                    || value instanceof Value.Dict
                    || value instanceof Value.Items
                    || value instanceof Value.Tuple tuple && !tuple.items().isEmpty();
            if (!compound) return plain(value);
            if (known.containsKey(value)) return "#" + known.get(value);
            known.put(value, known.size());
            return switch (value) {
                case Value.Dict dict -> entries(dict);
                case Value.Items items -> (items.is() == Value.ItemsKind.LIST ? "" : items.is()) + list(items.items());
                case Value.Tuple tuple -> "tuple" + list(tuple.items());
                case Value.Call call -> call(call);
                case Value other -> plain(other);
            };
        }

        private String plain(Value value) {
            return switch (value) {
                case Value.None none -> "None";
                case Value.Blob blob ->
                    HexFormat.of().formatHex(original.blobs().get(blob)) + blob.changeable();
                case Value.Global global -> global.toString();
                case Value other -> other.plain().orElse("?");
            };
        }

        private String call(Value.Call call) {
            Tensor tensor = original.tensors().get(call);
            String made = tensor == null
                    ? call.how() + " " + of(call.callee()) + of(call.argumentTuple()) + of(call.keywords())
                    : call.function() + " " + tensor.dtype() + tensor.shape()
                            + HexFormat.of().formatHex(TestWeights.elements(original.file(), tensor));
            return made
                    + (call.items().isEmpty() ? "" : list(call.items()))
                    + entries(call.entries())
                    + (call.hasState() ? of(call.state()) : "");
        }

        private String entries(Value.Dict dict) {
            return dict.entries().entrySet().stream()
                            .map(entry -> entry.getKey() + "=" + of(entry.getValue()))
                            .collect(joining(", ", "{", "}"))
                    + (dict.others().isEmpty() ? "" : list(dict.others()));
        }

        private String list(List<Value> items) {
            return items.stream().map(this::of).collect(joining(", ", "[", "]"));
        }
    }
}
