package phema.format;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import phema.format.DcpMetadata.SavedBytes;
import phema.format.Layout.Verbatim;
import phema.format.Value.Tuple;
import phema.tensor.DType;

/**
 * Holds a checkpoint of {@code torch.distributed.checkpoint}: its weights, what else was saved as bytes (the state of
 * training, extra states of modules), but no optimizer, schedule and place in the data. Outputs are as one rank saves
 * them, however many saved this one: their ranks need not be those that load.
 *
 * @param nesting the keys that lead to entries, by their names
 * @param bytes what was saved as bytes, by its name
 */
record DcpOriginal(
        WeightFile file, Map<String, Tuple> nesting, SequencedMap<String, Verbatim> bytes, List<String> leftOut)
        implements OriginalFile {
    private static final Pattern PLACE = Pattern.compile("(?s)((?:state\\.|chained_\\d+\\.)?([^./]+)).*");
    private static final Pattern OPTIMIZER = Pattern.compile("(" + DcpReader.OPTIMIZER_PLACE + ")\\.");
    private static final Pattern DATA = Pattern.compile("data_?loaders?(?:_states?)?");

    /** @param ranks what describes it: one, or one for each rank */
    static DcpOriginal of(WeightFile file, List<DcpMetadata> ranks) {
        Map<String, Integer> parts = new HashMap<>();
        for (int i = 0; i < file.parts().size(); i++)
            parts.put(String.valueOf(file.parts().get(i).path().getFileName()), i);
        Map<String, Tuple> nesting = new HashMap<>();
        SequencedMap<String, Verbatim> bytes = new LinkedHashMap<>();
        Set<String> leftOut = new LinkedHashSet<>();
        for (DcpMetadata rank : ranks) {
            rank.nesting().forEach(nesting::putIfAbsent);
            rank.entries().forEach((name, entry) -> {
                boolean plain = entry instanceof SavedBytes;
                Matcher place = PLACE.matcher(name);
                if (DcpReader.OPTIMIZER.test(name)) leftOut.add(optimizer(name));
                else if (place.matches() && plain && isTraining(place.group(2))) leftOut.add(place.group(1));
                else if (plain)
                    rank.place(name)
                            .ifPresent(found -> Optional.ofNullable(parts.get(found.path()))
                                    .ifPresent(part -> bytes.putIfAbsent(
                                            name, new Verbatim(part, found.offset(), found.length()))));
            });
        }
        return new DcpOriginal(file, nesting, bytes, List.copyOf(leftOut));
    }

    /** What stands for all that an optimizer has saved. */
    static String optimizer(String name) {
        Matcher place = OPTIMIZER.matcher(name);
        return place.lookingAt() ? place.group(1) : "*" + name.substring(name.lastIndexOf('.'));
    }

    private static boolean isTraining(String word) {
        return StateOfTraining.isKey(word) || DATA.matcher(word).matches();
    }

    /** Empty: the names of files in such a folder are always the same. */
    @Override
    public String baseName() {
        return "";
    }

    @Override
    public boolean isFlat(Map<String, Tensor> weights) {
        return bytes.isEmpty()
                && leftOut.isEmpty()
                && file.tensors().stream().allMatch(tensor -> {
                    @Nullable Tensor weight = weights.get(tensor.name());
                    return weight != null && weight.name().equals(tensor.name());
                });
    }

    @Override
    public Optional<OriginalFile> behind(int parts) {
        return Optional.empty();
    }

    @Override
    public List<Layout> layout(
            String baseName,
            Map<String, Tensor> weights,
            Function<Tensor, DType> dtypes,
            Map<String, String> metadata,
            long shardSize) {
        SequencedMap<String, WrittenTensor> tensors = new LinkedHashMap<>();
        for (Tensor tensor : file.tensors())
            tensors.put(tensor.name(), WrittenTensor.inPlaceOf(tensor, weights, dtypes));
        return DcpWriter.folder(baseName.isEmpty() ? "" : baseName + "/", tensors, bytes, nesting, shardSize);
    }
}
