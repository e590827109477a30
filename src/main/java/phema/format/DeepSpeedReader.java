package phema.format;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import phema.format.Pieces.PieceList;
import phema.format.Tensor.TensorRole;
import phema.format.Value.Call;
import phema.format.Value.Dict;
import phema.format.Value.Int;
import phema.format.Value.Items;
import phema.format.Value.Text;
import phema.format.Value.Tuple;
import phema.tensor.DType;
import phema.tensor.Shape;

/**
 * Reads a checkpoint of DeepSpeed's ZeRO by the file of the model's states. The weights in single precision lie in the
 * optimizers' files, one of each rank. Of stages 1 and 2, each group's weights lie end to end over all ranks; of stage
 * 3 each tensor is cut evenly, and each rank has its parts end to end (as in DeepSpeed's {@code zero_to_fp32.py}).
 * Without those files, the model's own weights are read. Tensors are named {@code module.NAME}, as in the model's file.
 * Copies of them that lie there as well, such as an average, are read too.
 */
final class DeepSpeedReader implements WeightReader {
    /** The names of files of a model's states; of stage 3 each rank has its own. */
    static final Pattern MODEL_STATES =
            Pattern.compile("(?:zero_pp_rank_(\\d{1,6})_)?mp_rank_(\\d+)_model_states\\.pt");

    private static final Pattern OPTIMIZER_STATES =
            Pattern.compile("(?:bf16_|fp16_)?zero_pp_rank_(\\d{1,6})_mp_rank_(\\d+)_optim_states\\.pt");

    private static final Pattern LAYER = Pattern.compile("layer_\\d+.*states\\.pt");
    private static final Pattern EXPERT = Pattern.compile("(layer_\\d+_)?expp?(ert)?_.*states\\.pt");

    private static final String MODULE = "module.";
    private static final String FROZEN = "frozen_param_fragments.";

    /** The most values of an optimizer that are looked at for its steps. */
    private static final int MAX_STATES = 1000;

    @Override
    public WeightFile read(InputFile file) throws IOException {
        TorchArchive archive = new TorchArchive(file);
        Value root = archive.root();
        WeightFile model = new TorchTree(file, archive.tensors()).read(root);
        if (!(root instanceof Dict state
                && state.get("module").isPresent()
                && (state.get("param_shapes").isPresent()
                        || state.get("ds_version").isPresent()))) return model;
        return new Checkpoint(file, state, model).read();
    }

    /** Elements that follow each other in one file. */
    private record Stretch(int part, DType dtype, long offset, long elements) {}

    /** One checkpoint's reading. */
    private static final class Checkpoint {
        private final InputFile file;
        private final Dict state;
        private final WeightFile model;
        private final List<FilePart> parts = new ArrayList<>();
        private final Map<String, Tensor> known = new HashMap<>();

        Checkpoint(InputFile file, Dict state, WeightFile model) {
            this.file = file;
            this.state = state;
            this.model = model;
            parts.addAll(model.parts());
        }

        WeightFile read() throws IOException {
            List<String> names = file.siblings();
            requireOneModel(names);
            SortedMap<Integer, String> optimizers = ranks(names, OPTIMIZER_STATES);
            boolean partitioned = String.valueOf(file.path().getFileName()).startsWith("zero_pp_rank_");
            if (optimizers.isEmpty() && !partitioned) return model;
            if (optimizers.isEmpty())
                throw file.broken("holds no weights itself, as ZeRO's stage 3 has them in the *_optim_states.pt files,"
                        + " which are missing");
            readOptimizers(optimizers, names);
            return new WeightFile(model.path(), Format.TORCH_ZIP, parts, model.metadata(), tensors());
        }

        private void requireOneModel(List<String> names) throws FormatException {
            for (String name : names) {
                Matcher matcher = MODEL_STATES.matcher(name);
                if (matcher.matches() && Integer.parseInt(matcher.group(2)) > 0) throw unsupported("tensor", name);
                if (EXPERT.matcher(name).matches()) throw unsupported("expert", name);
                if (LAYER.matcher(name).matches()) throw unsupported("pipeline", name);
            }
        }

        private FormatException unsupported(String kind, String name) {
            return file.broken("is of a model in " + kind + " parallelism (there is " + Pickle.shown(name)
                    + "), whose parts cannot be put together without its code; convert the checkpoint with DeepSpeed's"
                    + " own tools");
        }

        private SortedMap<Integer, String> ranks(List<String> names, Pattern pattern) {
            SortedMap<Integer, String> ranks = new TreeMap<>();
            for (String name : names) {
                Matcher matcher = pattern.matcher(name);
                if (matcher.matches() && matcher.group(1) != null && Integer.parseInt(matcher.group(2)) == 0)
                    ranks.put(Integer.parseInt(matcher.group(1)), name);
            }
            return ranks;
        }

        private void readOptimizers(SortedMap<Integer, String> optimizers, List<String> names) throws IOException {
            List<List<Stretch>> byRank = new ArrayList<>();
            Optional<Long> step = Optional.empty();
            long stage = 0;
            int count = 0;
            for (int rank = 0; rank == 0 || rank < count; rank++) {
                String name = optimizers.get(rank);
                if (name == null)
                    throw file.incomplete("is of " + (count == 0 ? "several" : String.valueOf(count))
                            + " ranks, but the optimizer's file of rank " + rank
                            + " is missing; copy the whole checkpoint");
                try (InputFile one = file.openSibling(name)) {
                    TorchArchive archive = new TorchArchive(one);
                    Dict optimizer = archive.root() instanceof Dict whole
                                    && whole.get("optimizer_state_dict").orElse(Value.NONE) instanceof Dict dict
                            ? dict
                            : Dict.EMPTY;
                    long ownStage = number(one, optimizer, "zero_stage");
                    int ownCount = ranks(one, optimizer);
                    if (rank == 0) {
                        stage = ownStage;
                        count = ownCount;
                    } else if (ownStage != stage || ownCount != count)
                        throw one.broken(
                                "is of stage " + ownStage + " on " + ownCount + " ranks, but " + optimizers.get(0)
                                        + " of stage " + stage + " on " + count + "; these are two checkpoints");
                    Optional<Long> ownStep = step(one, archive.tensors(), optimizer);
                    if (rank == 0) step = ownStep;
                    else if (!ownStep.equals(step))
                        throw one.broken("has made " + steps(ownStep) + ", but " + optimizers.get(0) + " " + steps(step)
                                + "; these are two checkpoints, copy the whole of one");
                    byRank.add(stretches(
                            one,
                            archive,
                            optimizer,
                            stage == 3 ? "fp32_flat_groups" : "single_partition_of_fp32_groups"));
                    parts.add(one.part());
                }
            }
            if (optimizers.lastKey() >= count)
                throw file.broken("is of " + count + " ranks, but there is "
                        + Pickle.shown(String.valueOf(optimizers.get(optimizers.lastKey())))
                        + ", which is of another checkpoint; move it away");
            List<Map<String, Shape>> groups = groups();
            if (stage == 3) {
                addEvenly(groups, byRank);
                addFrozenEvenly(count, names);
            } else {
                addEndToEnd(groups, byRank);
                addFrozen();
            }
        }

        private static String steps(Optional<Long> step) {
            return step.map(n -> n + " steps").orElse("no steps that it states");
        }

        /** The steps that an optimizer counts, wherever its own class keeps that. */
        private static Optional<Long> step(InputFile one, TorchTensors torch, Dict optimizer) throws IOException {
            Deque<Value> left = new ArrayDeque<>(List.of(optimizer));
            for (int seen = 0; seen < MAX_STATES && !left.isEmpty(); seen++) {
                Value state = left.removeFirst();
                if (state instanceof Dict dict) {
                    Optional<Value> step = dict.get("step");
                    if (step.isPresent()) return number(one, torch, step.get());
                    Stream.concat(dict.entries().values().stream(), dict.others().stream())
                            .limit(MAX_STATES)
                            .forEach(left::add);
                } else if (state instanceof Items list)
                    list.items().stream().limit(MAX_STATES).forEach(left::add);
            }
            return Optional.empty();
        }

        private static Optional<Long> number(InputFile one, TorchTensors torch, Value value) throws IOException {
            if (value instanceof Int n) return Optional.of(n.value().longValue());
            if (!TorchTensors.isTensor(value)) return Optional.empty();
            Tensor tensor = torch.read("step", TensorRole.BUFFER, value);
            if (tensor.elements() != 1) return Optional.empty();
            byte[] bytes = new byte[(int) tensor.dtype().bytes(1)];
            one.read(tensor.offset(), bytes);
            ByteBuffer number = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
            if (tensor.dtype() == DType.F32) return Optional.of((long) number.getFloat());
            return tensor.dtype() == DType.I64 ? Optional.of(number.getLong()) : Optional.empty();
        }

        private long number(InputFile one, Dict optimizer, String key) throws FormatException {
            if (optimizer.get(key).orElse(Value.NONE) instanceof Int n
                    && n.value().bitLength() < 31) return n.value().longValue();
            throw one.broken("has no " + key + ", so it is no optimizer's file of ZeRO");
        }

        /** One number, or one for each group of weights. */
        private int ranks(InputFile one, Dict optimizer) throws FormatException {
            Value count = optimizer.get("partition_count").orElse(Value.NONE);
            long most = 0;
            for (Value each : count instanceof Items list ? list.items() : List.of(count))
                if (each instanceof Int n && n.value().bitLength() < 31)
                    most = Math.max(most, n.value().longValue());
            if (most < 1) throw one.broken("has no partition_count, so it is no optimizer's file of ZeRO");
            return (int) most;
        }

        private List<Stretch> stretches(InputFile one, TorchArchive archive, Dict optimizer, String key)
                throws IOException {
            List<Value> flat = switch (optimizer.get(key).orElse(Value.NONE)) {
                case Items list -> list.items();
                case Tuple tuple -> tuple.items();
                case Value other -> throw one.broken("has no list " + key + ", where ZeRO keeps the weights");
            };
            TorchTensors torch = archive.tensors();
            List<Stretch> stretches = new ArrayList<>();
            for (int i = 0; i < flat.size(); i++)
                stretches.add(stretch(one, torch.read(key + "." + i, TensorRole.PARAMETER, flat.get(i)), parts.size()));
            return stretches;
        }

        private static Stretch stretch(InputFile one, Tensor tensor, int part) throws FormatException {
            if (tensor.shape().rank() != 1
                    || !tensor.isContiguous(tensor.shape().axes())
                    || !tensor.dtype().isFloating())
                throw one.broken("tensor `" + Pickle.shown(tensor.name()) + "` is " + tensor.dtype() + " "
                        + tensor.shape() + ", and no row of floating numbers");
            return new Stretch(part, tensor.dtype(), tensor.offset(), tensor.elements());
        }

        /** Names and shapes of the weights, by group. */
        private List<Map<String, Shape>> groups() throws FormatException {
            Value groups = state.get("param_shapes").orElse(Value.NONE);
            List<Map<String, Shape>> all = new ArrayList<>();
            for (Value group : groups instanceof Items list ? list.items() : List.of(groups)) all.add(shapes(group));
            return all;
        }

        private Map<String, Shape> shapes(Value group) throws FormatException {
            Map<String, Shape> shapes = new LinkedHashMap<>();
            for (Map.Entry<String, Value> entry : entries(group).entrySet())
                shapes.put(entry.getKey(), shape(entry.getKey(), entry.getValue()));
            return shapes;
        }

        private static Map<String, Value> entries(Value value) {
            if (value instanceof Dict dict) return dict.entries();
            return value instanceof Call call ? call.entries().entries() : Map.of();
        }

        private Shape shape(String name, Value value) throws FormatException {
            List<Long> dims = new ArrayList<>();
            if (value instanceof Call size
                    && size.arguments().size() == 1
                    && size.arguments().getFirst() instanceof Tuple tuple
                    && tuple.items().size() <= Tensor.MAX_RANK)
                for (Value dim : tuple.items())
                    if (dim instanceof Int n
                            && n.value().signum() >= 0
                            && n.value().bitLength() < Long.SIZE)
                        dims.add(n.value().longValue());
                    else throw broken(name, "has a shape that is not of counts");
            else throw broken(name, "has no shape in param_shapes");
            try {
                Shape shape = new Shape(dims);
                Math.multiplyExact(shape.elements(), Long.BYTES);
                return shape;
            } catch (ArithmeticException e) {
                throw broken(name, "has a shape that no file could hold");
            }
        }

        /** Stages 1 and 2. */
        private void addEndToEnd(List<Map<String, Shape>> groups, List<List<Stretch>> byRank) throws FormatException {
            for (List<Stretch> rank : byRank)
                if (rank.size() != groups.size())
                    throw file.broken("has " + groups.size()
                            + " groups of weights in param_shapes, but the optimizers' files " + rank.size());
            for (int g = 0; g < groups.size(); g++) {
                int group = g;
                List<Stretch> together =
                        byRank.stream().map(rank -> rank.get(group)).toList();
                long position = 0;
                for (Map.Entry<String, Shape> entry : groups.get(g).entrySet()) {
                    Flat flat = new Flat(entry.getKey(), entry.getValue());
                    flat.add(together, position, 0, entry.getValue().elements());
                    add(entry.getKey(), flat.tensor());
                    position += entry.getValue().elements();
                }
                long padding = together.stream().mapToLong(Stretch::elements).sum() - position;
                if (padding < 0 || padding >= 2L * byRank.size())
                    throw file.broken("has " + position + " weights in group " + g
                            + " of param_shapes, but the optimizers' files hold " + (position + padding)
                            + "; these are not of one checkpoint");
            }
        }

        /** Stage 3. */
        private void addEvenly(List<Map<String, Shape>> groups, List<List<Stretch>> byRank) throws FormatException {
            long position = 0;
            for (Map<String, Shape> group : groups)
                for (Map.Entry<String, Shape> entry : group.entrySet()) {
                    add(entry.getKey(), evenly(entry.getKey(), entry.getValue(), byRank, position));
                    position += Math.ceilDiv(entry.getValue().elements(), byRank.size());
                }
            for (List<Stretch> rank : byRank)
                if (rank.stream().mapToLong(Stretch::elements).sum() != position)
                    throw file.broken(
                            "has " + position + " weights of each rank in param_shapes, but an optimizer's file"
                                    + " holds "
                                    + rank.stream().mapToLong(Stretch::elements).sum()
                                    + "; these are not of one checkpoint");
        }

        private Tensor evenly(String name, Shape shape, List<List<Stretch>> byRank, long position)
                throws FormatException {
            long each = Math.ceilDiv(shape.elements(), byRank.size());
            Flat flat = new Flat(name, shape);
            for (int rank = 0; rank < byRank.size(); rank++)
                flat.add(byRank.get(rank), position, rank * each, Math.clamp(shape.elements() - rank * each, 0, each));
            return flat.tensor();
        }

        private void addFrozen() throws FormatException {
            for (Map.Entry<String, Shape> frozen : frozenShapes().entrySet()) {
                Tensor tensor = model.tensor(FROZEN + frozen.getKey())
                        .filter(found -> found.shape().equals(frozen.getValue()))
                        .orElseThrow(() -> broken(
                                frozen.getKey(), "is frozen, and not in frozen_param_fragments as its shape says"));
                add(frozen.getKey(), tensor);
            }
        }

        private Map<String, Shape> frozenShapes() throws FormatException {
            return shapes(state.get("frozen_param_shapes").orElse(Value.NONE));
        }

        /** Of stage 3 each rank's own file of the model's states has its part. */
        private void addFrozenEvenly(int count, List<String> names) throws IOException {
            Map<String, Shape> frozen = frozenShapes();
            if (frozen.isEmpty()) return;
            SortedMap<Integer, String> models = ranks(names, MODEL_STATES);
            Map<String, List<List<Stretch>>> byName = new HashMap<>();
            for (int rank = 0; rank < count; rank++) {
                String name = models.get(rank);
                if (name == null)
                    throw file.incomplete("is of " + count + " ranks, but the model's file of rank " + rank
                            + " is missing; copy the whole checkpoint");
                try (InputFile one = file.openSibling(name)) {
                    TorchArchive archive = new TorchArchive(one);
                    Map<String, Value> fragments = archive.root() instanceof Dict whole
                            ? entries(whole.get("frozen_param_fragments").orElse(Value.NONE))
                            : Map.of();
                    TorchTensors torch = archive.tensors();
                    for (String key : frozen.keySet()) {
                        Value fragment = fragments.get(key);
                        if (fragment == null)
                            throw one.broken("has no part of the frozen weight `" + Pickle.shown(key) + "`");
                        Tensor tensor = torch.read(key, TensorRole.PARAMETER, fragment);
                        byName.computeIfAbsent(key, any -> new ArrayList<>())
                                .add(List.of(stretch(one, tensor, parts.size())));
                    }
                    parts.add(one.part());
                }
            }
            for (Map.Entry<String, Shape> entry : frozen.entrySet())
                add(
                        entry.getKey(),
                        evenly(entry.getKey(), entry.getValue(), byName.getOrDefault(entry.getKey(), List.of()), 0));
        }

        private void add(String name, Tensor tensor) throws FormatException {
            if (known.put(name, tensor) != null) throw broken(name, "is there twice");
        }

        /** In the order of the model; tied weights stay tied. */
        private List<Tensor> tensors() throws FormatException {
            Map<String, Tensor> own = new LinkedHashMap<>();
            for (Tensor tensor : model.tensors())
                if (tensor.name().startsWith(MODULE)) own.put(tensor.name().substring(MODULE.length()), tensor);
            Collection<String> buffers = texts(state.get("buffer_names").orElse(Value.NONE));
            Map<String, String> tied = entries(state.get("shared_params").orElse(Value.NONE)).entrySet().stream()
                    .filter(entry -> entry.getValue() instanceof Text)
                    .collect(Collectors.toMap(Map.Entry::getKey, entry -> ((Text) entry.getValue()).value()));
            List<Tensor> all = new ArrayList<>();
            TreeSet<String> left = new TreeSet<>(known.keySet());
            for (Map.Entry<String, Tensor> entry : own.entrySet()) {
                String name = entry.getKey();
                left.remove(name);
                Optional<Tensor> found = Optional.ofNullable(known.get(name))
                        .or(() -> Optional.ofNullable(tied.get(name)).map(known::get));
                if (found.isEmpty() && entry.getValue().elements() == 0 && !buffers.contains(name))
                    throw broken(name, "has its elements in no rank's file");
                TensorRole role = buffers.contains(name) ? TensorRole.BUFFER : TensorRole.PARAMETER;
                all.add(found.orElse(entry.getValue()).as(MODULE + name, role));
            }
            for (String name : left)
                throw broken(
                        name, "is a weight of param_shapes that the model does not have; these are two checkpoints");
            all.addAll(copies());
            return all;
        }

        /** What a job saves of the weights once more beside the model, as an average of its own. */
        private List<Tensor> copies() {
            Map<String, List<Tensor>> byWord = model.tensors().stream()
                    .filter(tensor -> tensor.name().indexOf('.') > 0
                            && !tensor.name().startsWith(MODULE)
                            && !tensor.name().startsWith(FROZEN))
                    .collect(Collectors.groupingBy(
                            tensor -> tensor.name().substring(0, tensor.name().indexOf('.')),
                            TreeMap::new,
                            Collectors.toList()));
            byWord.values()
                    .removeIf(own -> 2 * own.stream().filter(this::isCopy).count() < known.size());
            return byWord.values().stream().flatMap(List::stream).toList();
        }

        /** Whether a tensor is called, behind some words, as a weight of its shape. */
        private boolean isCopy(Tensor tensor) {
            String name = tensor.name();
            for (int dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
                Tensor weight = known.get(name.substring(dot + 1));
                if (weight != null && weight.shape().equals(tensor.shape())) return true;
            }
            return false;
        }

        private static Collection<String> texts(Value list) {
            TreeSet<String> texts = new TreeSet<>();
            if (list instanceof Items items)
                for (Value item : items.items()) if (item instanceof Text text) texts.add(text.value());
            return texts;
        }

        private FormatException broken(String name, String problem) {
            return file.broken("weight `" + Pickle.shown(name) + "` " + problem);
        }

        /** A tensor whose elements lie end to end, in row-major order, over several stretches. */
        private final class Flat {
            private final String name;
            private final Shape shape;
            private final PieceList pieces;
            private @Nullable DType dtype;

            Flat(String name, Shape shape) {
                this.name = name;
                this.shape = shape;
                pieces = new PieceList(Shape.of(shape.elements()));
            }

            /**
             * @param stretches which follow each other
             * @param from position in these
             * @param first element of the tensor that is there
             */
            void add(List<Stretch> stretches, long from, long first, long count) throws FormatException {
                long begin = 0;
                long done = 0;
                for (Stretch stretch : stretches) {
                    long at = from + done - begin;
                    if (done < count && at < stretch.elements()) {
                        long n = Math.min(count - done, stretch.elements() - at);
                        if (dtype != null && dtype != stretch.dtype())
                            throw broken(name, "is partly " + dtype + " and partly " + stretch.dtype());
                        dtype = stretch.dtype();
                        pieces.add(
                                stretch.part(),
                                stretch.offset() + at * stretch.dtype().bytes(),
                                List.of(first + done),
                                Shape.of(n),
                                List.of(1L));
                        done += n;
                    }
                    begin += stretch.elements();
                }
                if (done < count) throw broken(name, "reaches beyond what the ranks' files hold");
            }

            Tensor tensor() throws FormatException {
                if (shape.elements() == 0)
                    return new Tensor(name, DType.F32, shape, shape.contiguousStrides(), 0, 0, TensorRole.PARAMETER);
                try {
                    return Tensor.of(name, Objects.requireNonNull(dtype), shape, pieces.all(), TensorRole.PARAMETER);
                } catch (IllegalArgumentException e) {
                    throw broken(name, String.valueOf(e.getMessage()));
                }
            }
        }
    }
}
