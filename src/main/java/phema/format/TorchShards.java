package phema.format;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import phema.tensor.DType;

/**
 * Holds a checkpoint in several files of torch, {@code pytorch_model-00001-of-00002.bin} and so on, which outputs are
 * cut like, with an index that names them as Transformers wants it.
 *
 * @param file all tensors, in the order of the files
 * @param shards the files, each with its tensors in its part of {@code file}
 */
record TorchShards(WeightFile file, List<TorchOriginal> shards) implements OriginalFile {
    private static final Pattern INDEX = Pattern.compile("(.+)(\\.[a-z]+)\\.index\\.json");
    private static final Pattern NUMBERED = Pattern.compile("(.+)-\\d{5}-of-\\d{5}(\\.[a-z]+)");

    /** @param whole what was read by way of the entry: the index, or one of numbered files */
    static TorchShards of(InputFile entry, WeightFile whole) throws IOException {
        List<TorchOriginal> shards = new ArrayList<>();
        List<Tensor> tensors = new ArrayList<>();
        for (FilePart part : whole.parts()) {
            try (InputFile file = entry.openSibling(String.valueOf(part.path().getFileName()))) {
                TorchOriginal shard = WeightFiles.shardReader(file) instanceof TorchLegacyReader
                        ? TorchLegacyReader.original(file)
                        : TorchZipReader.original(file);
                shards.add(shard.moved(shards.size()));
            }
            tensors.addAll(shards.getLast().file().tensors());
        }
        return new TorchShards(whole.with(tensors), shards);
    }

    /** What the names of the index and of all files begin with, and the end of that of the index. */
    private record Stem(String name, String end) {}

    private Stem stem() {
        String name = String.valueOf(file.path().getFileName());
        for (Pattern pattern : List.of(INDEX, NUMBERED)) {
            Matcher matcher = pattern.matcher(name);
            if (matcher.matches()) return new Stem(matcher.group(1), matcher.group(2) + ".index.json");
        }
        return new Stem(name.replaceFirst("\\.json$", ""), ".json");
    }

    @Override
    public String baseName() {
        return stem().name();
    }

    @Override
    public boolean isFlat(Map<String, Tensor> weights) {
        return shards.stream().allMatch(shard -> shard.isFlat(weights));
    }

    @Override
    public List<String> leftOut() {
        return shards.stream()
                .flatMap(shard -> shard.leftOut().stream())
                .distinct()
                .toList();
    }

    @Override
    public Optional<OriginalFile> behind(int parts) {
        return Optional.of(new TorchShards(
                file.behind(parts),
                shards.stream().map(shard -> shard.moved(parts)).toList()));
    }

    @Override
    public List<Layout> layout(
            String baseName,
            Map<String, Tensor> weights,
            Function<Tensor, DType> dtypes,
            Map<String, String> metadata,
            long shardSize) {
        List<Layout> files = new ArrayList<>();
        Map<String, String> fileOf = new TreeMap<>();
        long bytes = 0;
        for (TorchOriginal shard : shards) {
            Layout layout = shard.layout(renamed(shard.baseName(), baseName), weights, dtypes, metadata, shardSize)
                    .getFirst();
            files.add(layout);
            for (Tensor tensor : shard.file().tensors()) {
                fileOf.put(tensor.name(), layout.fileName());
                WrittenTensor written = WrittenTensor.inPlaceOf(tensor, weights, dtypes);
                bytes += written.dtype().bytes(tensor.elements());
            }
        }
        byte[] index = SafetensorsWriter.index(bytes, fileOf);
        files.add(new Layout(baseName + stem().end(), List.of(new Layout.Literal(index))));
        return files;
    }

    private String renamed(String shard, String baseName) {
        String stem = stem().name();
        if (shard.startsWith(stem)) return baseName + shard.substring(stem.length());
        return baseName.equals(stem) ? shard : baseName + "-" + shard;
    }
}
