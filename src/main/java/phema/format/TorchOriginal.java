package phema.format;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import phema.format.TorchStorages.PlacedTensor;
import phema.format.Value.Blob;
import phema.format.Value.Call;
import phema.format.Value.Dict;
import phema.tensor.DType;

/**
 * Holds what {@code torch.save} was given, without the {@linkplain StateOfTraining state} that only the training job
 * could go on with.
 *
 * @param file all tensors that are left, by their paths, as in {@link TorchTree}
 * @param tensors the same by the values that stand for them
 * @param blobs what the pickle holds as bytes
 * @param protocol of the pickle
 */
record TorchOriginal(
        WeightFile file,
        Value root,
        Map<Value, Tensor> tensors,
        Map<Blob, byte[]> blobs,
        int protocol,
        List<String> leftOut)
        implements OriginalFile {
    /** The most bytes of the objects that a pickle holds as bytes, all together; they are copied by way of memory. */
    private static final long MAX_BLOBS = 1 << 26;

    private static final Pattern EXTENSION = Pattern.compile("(?i).+\\.(pt|pth|pth\\.tar|pth\\.lora|ckpt|bin)");

    /** Takes a saved object, which it changes. @param torch reads single tensors */
    static TorchOriginal of(InputFile in, int protocol, Value root, TorchTensors torch) throws IOException {
        List<String> leftOut = StateOfTraining.removeFrom(root);
        TorchTree tree = new TorchTree(in, torch);
        WeightFile file = tree.read(root);
        Map<Value, Tensor> tensors = new IdentityHashMap<>(tree.byValue());
        Map<Blob, byte[]> blobs = new IdentityHashMap<>();
        long bytes = 0;
        List<Tensor> unnamed = new ArrayList<>();
        Deque<Value> left = new ArrayDeque<>(List.of(root));
        Set<Value> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        while (!left.isEmpty()) {
            Value value = left.pop();
            if (!seen.add(value) || tensors.containsKey(value)) continue;
            if (TorchTensors.isTensor(value)) {
                // Under keys that are no text: no weight, but it has to be copied as well.
                Tensor tensor = torch.read("?" + unnamed.size(), Tensor.TensorRole.BUFFER, value);
                unnamed.add(tensor);
                tensors.put(value, tensor);
                continue;
            }
            if (value instanceof Blob blob) {
                bytes += blob.length();
                if (bytes > MAX_BLOBS)
                    throw in.broken("holds more than " + MAX_BLOBS + " bytes beside its tensors, too many to copy into"
                            + " outputs; choose the format pt, which holds tensors alone");
                byte[] content = new byte[(int) blob.length()];
                in.read(blob.offset(), content);
                blobs.put(blob, content);
            }
            left.addAll(TorchTree.within(value));
            if (value instanceof Call call) {
                left.add(call.keywords());
                left.add(call.callee());
                left.addAll(call.entries().others());
            }
            if (value instanceof Dict dict) left.addAll(dict.others());
        }
        List<Tensor> all = new ArrayList<>(file.tensors());
        all.addAll(unnamed);
        return new TorchOriginal(file.with(all), root, tensors, blobs, protocol, leftOut);
    }

    @Override
    public Optional<OriginalFile> behind(int parts) {
        return Optional.of(moved(parts));
    }

    TorchOriginal moved(int parts) {
        Map<Value, Tensor> moved = new IdentityHashMap<>();
        tensors.forEach((value, tensor) -> moved.put(value, tensor.behind(parts)));
        return new TorchOriginal(file.behind(parts), root, moved, blobs, protocol, leftOut);
    }

    @Override
    public String baseName() {
        String name = String.valueOf(file.path().getFileName());
        return name.endsWith("." + extension())
                ? name.substring(0, name.length() - extension().length() - 1)
                : name;
    }

    /** Whether it is a dictionary of these weights by these names, and of nothing else. */
    @Override
    public boolean isFlat(Map<String, Tensor> weights) {
        Dict entries = root instanceof Dict dict ? dict : root instanceof Call call ? call.entries() : Dict.EMPTY;
        return !entries.entries().isEmpty()
                && entries.others().isEmpty()
                && leftOut.isEmpty()
                && entries.entries().entrySet().stream().allMatch(entry -> {
                    @Nullable Tensor weight = weights.get(entry.getKey());
                    return weight != null
                            && weight.name().equals(entry.getKey())
                            && TorchTensors.isTensor(entry.getValue());
                });
    }

    @Override
    public List<Layout> layout(
            String baseName,
            Map<String, Tensor> weights,
            Function<Tensor, DType> dtypes,
            Map<String, String> metadata,
            long shardSize) {
        Map<DType, List<Tensor>> byType = new LinkedHashMap<>();
        Map<String, Tensor> sources = new LinkedHashMap<>();
        for (Tensor tensor : file.tensors()) {
            WrittenTensor written = WrittenTensor.inPlaceOf(tensor, weights, dtypes);
            sources.put(tensor.name(), written.tensor());
            byType.computeIfAbsent(written.dtype(), any -> new ArrayList<>())
                    .add(written.tensor().as(tensor.name(), written.tensor().role()));
        }
        TorchStorages storages = new TorchStorages();
        byType.forEach((dtype, some) ->
                storages.add(file.with(some), any -> dtype, tensor -> sources.getOrDefault(tensor.name(), tensor)));
        TorchZipWriter.requireOneFile(storages, shardSize);
        Map<Value, PlacedTensor> places = new IdentityHashMap<>();
        tensors.forEach((value, tensor) -> places.put(value, storages.of(tensor.name())));
        byte[] pickle = new TorchPickleCopy(protocol, blobs, places).pickle(root);
        return List.of(TorchZipWriter.archive(baseName + "." + extension(), pickle, storages));
    }

    private String extension() {
        Matcher name = EXTENSION.matcher(String.valueOf(file.path().getFileName()));
        return name.matches() ? name.group(1) : Format.TORCH_ZIP.extension();
    }
}
