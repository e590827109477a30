package phema.format;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import phema.format.Layout.TensorElements;
import phema.tensor.DType;

/** Holds a safetensors file, in which names alone tell what belongs together. */
record SafetensorsOriginal(WeightFile file) implements OriginalFile {
    /** Whether all weights have the template's names: others are left out then, as a manifest may wish. */
    @Override
    public boolean isFlat(Map<String, Tensor> weights) {
        return weights.entrySet().stream()
                .allMatch(entry -> entry.getKey().equals(entry.getValue().name()));
    }

    @Override
    public String baseName() {
        String name = String.valueOf(file.path().getFileName());
        if (file.parts().size() > 1) name = name.replaceFirst("-\\d{5}-of-\\d{5}(?=\\.safetensors$)", "");
        return name.replaceFirst("(?:\\.safetensors)?(?:\\.index\\.json)?$", "");
    }

    @Override
    public List<String> leftOut() {
        return List.of();
    }

    @Override
    public Optional<OriginalFile> behind(int parts) {
        return Optional.of(new SafetensorsOriginal(file.behind(parts)));
    }

    @Override
    public List<Layout> layout(
            String baseName,
            Map<String, Tensor> weights,
            Function<Tensor, DType> dtypes,
            Map<String, String> metadata,
            long shardSize) {
        List<SafetensorsWriter.NamedElements> all = new ArrayList<>();
        Map<Integer, List<SafetensorsWriter.NamedElements>> byPart = new TreeMap<>();
        for (Tensor tensor : file.tensors()) {
            WrittenTensor written = WrittenTensor.inPlaceOf(tensor, weights, dtypes);
            SafetensorsWriter.NamedElements named = new SafetensorsWriter.NamedElements(
                    tensor.name(), TensorElements.rows(written.tensor(), written.dtype()));
            all.add(named);
            byPart.computeIfAbsent(tensor.part(), any -> new ArrayList<>()).add(named);
        }
        Map<String, String> carried = SafetensorsWriter.carried(file, metadata);
        return shardSize == Long.MAX_VALUE && byPart.size() > 1
                ? SafetensorsWriter.shards(baseName, List.copyOf(byPart.values()), carried)
                : SafetensorsWriter.files(baseName, all, carried, shardSize);
    }
}
