package phema.format;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.exc.UnexpectedEndOfInputException;

/**
 * Reads a checkpoint in several files, of safetensors or of torch: an index in JSON whose {@code weight_map} says which
 * file of the same folder holds which tensor.
 */
final class ShardIndexReader implements WeightReader {
    @Override
    public WeightFile read(InputFile index) throws IOException {
        Path path = index.path();
        Map<String, String> metadata = new HashMap<>();
        Map<String, String> shardOf = new HashMap<>();
        parse(index, metadata, shardOf);

        List<FilePart> parts = new ArrayList<>();
        List<Tensor> tensors = new ArrayList<>();
        Set<Format> formats = EnumSet.noneOf(Format.class);
        for (String name : new TreeSet<>(shardOf.values())) {
            WeightFile shard;
            try (InputFile file = index.openSibling(fileName(path, name))) {
                shard = WeightFiles.shardReader(file).read(file);
            }
            formats.add(shard.format());
            for (Tensor tensor : shard.tensors()) {
                if (!name.equals(shardOf.remove(tensor.name())))
                    throw broken(path, tensor.name(), "lies in " + name + ", which its index does not say");
                tensors.add(tensor.ofPart(parts.size()));
            }
            parts.addAll(shard.parts());
            shard.metadata().forEach(metadata::putIfAbsent);
        }
        for (Map.Entry<String, String> missing : shardOf.entrySet())
            throw broken(
                    path,
                    missing.getKey(),
                    "is not in " + Pickle.shown(missing.getValue()) + ", where its index says it is");
        if (formats.size() > 1) throw new FormatException(path, "lists files of several formats");
        metadata.keySet().removeAll(SafetensorsPieces.OWN_METADATA);
        return new WeightFile(path, formats.iterator().next(), parts, metadata, tensors);
    }

    /** The names of files by those of the tensors in them, as an index says. */
    static Map<String, String> weightMap(InputFile index) throws IOException {
        Map<String, String> shardOf = new HashMap<>();
        parse(index, new HashMap<>(), shardOf);
        return shardOf;
    }

    private static void parse(InputFile file, Map<String, String> metadata, Map<String, String> shardOf)
            throws IOException {
        Path path = file.path();
        if (file.size() > HeaderJson.MAX_BYTES)
            throw file.broken("is too large for an index: " + file.size() + " bytes");
        try (JsonParser parser = HeaderJson.parser(file.cursor(0, file.size()).bytes((int) file.size()))) {
            expect(path, parser.nextToken(), JsonToken.START_OBJECT);
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String field = parser.currentName();
                JsonToken value = parser.nextToken();
                switch (field) {
                    case "metadata" -> {
                        expect(path, value, JsonToken.START_OBJECT);
                        readMetadata(parser, metadata);
                    }
                    case "weight_map" -> {
                        expect(path, value, JsonToken.START_OBJECT);
                        while (parser.nextToken() != JsonToken.END_OBJECT) {
                            String tensor = parser.currentName();
                            expect(path, parser.nextToken(), JsonToken.VALUE_STRING);
                            shardOf.put(tensor, parser.getString());
                        }
                    }
                    default -> parser.skipChildren();
                }
            }
        } catch (JacksonException e) {
            String problem = "is not valid JSON: " + Pickle.shown(e.getOriginalMessage());
            throw e instanceof UnexpectedEndOfInputException ? file.incomplete(problem) : file.broken(problem);
        }
        if (shardOf.isEmpty())
            throw new FormatException(path, "has no `weight_map`, so it is no index of weight files");
    }

    private static void readMetadata(JsonParser parser, Map<String, String> metadata) {
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String key = parser.currentName();
            JsonToken value = parser.nextToken();
            // The size belongs to these very files and not to what is made of them.
            if (value.isScalarValue() && !key.equals("total_size")) metadata.put(key, parser.getString());
            else parser.skipChildren();
        }
    }

    private static String fileName(Path index, String name) throws FormatException {
        if (!name.matches("[^/\\\\\\x00-\\x1f]+") || name.equals(".") || name.equals(".."))
            throw new FormatException(
                    index,
                    "names the shard `" + Pickle.shown(name) + "`; shards must lie in the folder of their index");
        return name;
    }

    private static void expect(Path path, @Nullable JsonToken found, JsonToken wanted) throws FormatException {
        if (found != wanted) throw new FormatException(path, "has " + found + " where " + wanted + " belongs");
    }

    private static FormatException broken(Path path, String tensor, String problem) {
        return new FormatException(path, "tensor `" + Pickle.shown(tensor) + "` " + problem);
    }
}
