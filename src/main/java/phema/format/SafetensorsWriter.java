package phema.format;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Function;
import phema.format.Layout.Literal;
import phema.format.Layout.Segment;
import phema.format.Layout.TensorElements;
import phema.tensor.DType;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;

/**
 * Writes safetensors files as transformers and diffusers expect them: {@code format: pt} in the metadata, a header
 * padded with spaces to a multiple of 8 bytes, and within each file tensors by descending element size, so that each
 * begins at a multiple of its element size, else in the template's order. Several files are cut in the template's order
 * and named as those libraries name them.
 */
final class SafetensorsWriter implements WeightWriter {
    private static final String METADATA = "__metadata__";

    /**
     * The hashes of the tensors, as sd-scripts and the model specification keep them: they would be wrong in a file
     * with others.
     */
    private static final Set<String> HASHES_OF_CONTENT =
            Set.of("sshs_model_hash", "sshs_legacy_hash", "modelspec.hash_sha256");

    @Override
    public List<Layout> layout(
            String baseName,
            WeightFile template,
            Function<Tensor, DType> dtypes,
            Map<String, String> metadata,
            long shardSize) {
        List<NamedElements> all = template.tensors().stream()
                .map(tensor -> new NamedElements(tensor.name(), TensorElements.rows(tensor, dtypes.apply(tensor))))
                .toList();
        return files(baseName, all, carried(template, metadata), shardSize);
    }

    /** One file of these tensors, or several and their index. */
    static List<Layout> files(String baseName, List<NamedElements> all, Map<String, String> carried, long shardSize) {
        List<List<NamedElements>> shards = cut(all, shardSize);
        return shards.size() == 1
                ? List.of(file(baseName + ".safetensors", shards.getFirst(), carried))
                : shards(baseName, shards, carried);
    }

    /** A file for each of several shards, and their index. */
    static List<Layout> shards(String baseName, List<List<NamedElements>> shards, Map<String, String> carried) {
        List<Layout> layouts = new ArrayList<>();
        Map<String, String> fileOf = new TreeMap<>();
        for (int i = 0; i < shards.size(); i++) {
            String name = "%s-%05d-of-%05d.safetensors".formatted(baseName, i + 1, shards.size());
            layouts.add(file(name, shards.get(i), carried));
            shards.get(i).forEach(named -> fileOf.put(named.name(), name));
        }
        long total = shards.stream()
                .flatMap(List::stream)
                .mapToLong(NamedElements::bytes)
                .sum();
        layouts.add(new Layout(baseName + ".safetensors.index.json", List.of(new Literal(index(total, fileOf)))));
        return layouts;
    }

    /** Elements under the name that they have in the file, which may not be that of the tensor they are computed as. */
    record NamedElements(String name, TensorElements elements) {
        NamedElements {
            if (name.equals(METADATA))
                throw new IllegalArgumentException(
                        "a tensor named `" + METADATA + "` cannot be written as safetensors");
        }

        long bytes() {
            return elements.bytes();
        }
    }

    /** The metadata of a template that outputs have as well, and their own. */
    static Map<String, String> carried(WeightFile template, Map<String, String> metadata) {
        Map<String, String> carried = new TreeMap<>(template.metadata());
        carried.keySet().removeAll(HASHES_OF_CONTENT);
        if (template.format() == Format.TORCH_ZIP) carried.remove(TorchTree.ARRAYS);
        carried.putAll(metadata);
        carried.put("format", "pt");
        return carried;
    }

    private static List<List<NamedElements>> cut(List<NamedElements> all, long shardSize) {
        if (shardSize <= 0) throw new IllegalArgumentException("a shard size of " + shardSize + " bytes holds nothing");
        List<List<NamedElements>> shards = new ArrayList<>();
        List<NamedElements> shard = new ArrayList<>();
        long size = 0;
        for (NamedElements elements : all) {
            if (!shard.isEmpty() && elements.bytes() > shardSize - size) {
                shards.add(shard);
                shard = new ArrayList<>();
                size = 0;
            }
            shard.add(elements);
            size += elements.bytes();
        }
        shards.add(shard);
        return shards;
    }

    private static Layout file(String name, List<NamedElements> tensors, Map<String, String> metadata) {
        List<NamedElements> ordered = tensors.stream()
                .sorted(Comparator.comparingInt(
                                (NamedElements e) -> e.elements().dtype().bytes())
                        .reversed())
                .toList();
        List<Segment> segments = new ArrayList<>();
        segments.add(new Literal(header(ordered, metadata)));
        ordered.stream()
                .map(NamedElements::elements)
                .filter(elements -> elements.bytes() > 0)
                .forEach(segments::add);
        return new Layout(name, segments);
    }

    private static byte[] header(List<NamedElements> tensors, Map<String, String> metadata) {
        byte[] json = json(out -> {
            out.writeObjectPropertyStart(METADATA);
            metadata.forEach(out::writeStringProperty);
            out.writeEndObject();
            long offset = 0;
            for (NamedElements named : tensors) {
                TensorElements elements = named.elements();
                out.writeObjectPropertyStart(named.name());
                out.writeStringProperty("dtype", elements.dtype().name());
                out.writeArrayPropertyStart("shape");
                elements.tensor().shape().dims().forEach(out::writeNumber);
                out.writeEndArray();
                out.writeArrayPropertyStart("data_offsets");
                out.writeNumber(offset);
                offset += elements.bytes();
                out.writeNumber(offset);
                out.writeEndArray();
                out.writeEndObject();
            }
        });
        int padded = Math.ceilDiv(json.length, 8) * 8;
        if (padded > HeaderJson.MAX_BYTES)
            throw new IllegalArgumentException(
                    "names and metadata take " + padded + " bytes; a safetensors header holds " + HeaderJson.MAX_BYTES);
        ByteArrayOutputStream header = new ByteArrayOutputStream(8 + padded);
        for (int i = 0; i < 8; i++) header.write((int) ((long) padded >>> (8 * i)));
        header.writeBytes(json);
        for (int i = json.length; i < padded; i++) header.write(' ');
        return header.toByteArray();
    }

    /** An index as Transformers reads it. @param fileOf names of files by those of tensors */
    static byte[] index(long totalSize, Map<String, String> fileOf) {
        return json(out -> {
            out.writeObjectPropertyStart("metadata");
            out.writeNumberProperty("total_size", totalSize);
            out.writeEndObject();
            out.writeObjectPropertyStart("weight_map");
            fileOf.forEach(out::writeStringProperty);
            out.writeEndObject();
        });
    }

    private static byte[] json(Consumer<JsonGenerator> content) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (JsonGenerator out = HeaderJson.FACTORY.createGenerator(ObjectWriteContext.empty(), bytes)) {
            out.writeStartObject();
            content.accept(out);
            out.writeEndObject();
        }
        return bytes.toByteArray();
    }
}
