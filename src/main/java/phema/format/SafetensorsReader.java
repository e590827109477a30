package phema.format;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import phema.tensor.DType;
import phema.tensor.Shape;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * Reads a safetensors file: the length of a JSON header (8 bytes, little-endian), the header, the tensors' elements
 * without holes. Rules and limits are those of the format's own reader; everything else is refused.
 */
final class SafetensorsReader implements WeightReader {
    private final Optional<WeightFile> similar;

    /** @param similar a file whose header may be the same, to the byte: then it is not parsed again */
    SafetensorsReader(Optional<WeightFile> similar) {
        this.similar = similar;
    }

    @Override
    public WeightFile read(InputFile file) throws IOException {
        Cursor in = file.cursor(0, file.size());
        long length = in.i64();
        if (length < 2 || length > HeaderJson.MAX_BYTES)
            throw file.broken("claims a header of " + Long.toUnsignedString(length) + " bytes; at most "
                    + HeaderJson.MAX_BYTES + " are allowed, so it is no safetensors file or damaged");
        byte[] json = in.bytes((int) length);
        FilePart part = file.part();
        Optional<WeightFile> same = similar.filter(other -> isStructuredAs(other, part));
        if (same.isPresent())
            return indexed(part, same.get().metadata(), same.get().tensors());
        Header header = header(file, json);
        return indexed(part, header.metadata(), tensors(file, header.entries(), in.position()));
    }

    /**
     * Equal headers, by their SHA-256, and sizes: all that can be wrong with a file was looked for in the other, and
     * its tensors lie at the same places.
     */
    private static boolean isStructuredAs(WeightFile other, FilePart part) {
        if (other.format() != Format.SAFETENSORS || other.parts().size() != 1) return false;
        FilePart known = other.parts().getFirst();
        return known.path().equals(other.path()) // and not the only shard of an index
                && known.size() == part.size()
                && known.digest().equals(part.digest());
    }

    private static WeightFile indexed(FilePart part, Map<String, String> metadata, List<Tensor> tensors) {
        return new WeightFile(part.path(), Format.SAFETENSORS, List.of(part), metadata, tensors);
    }

    private record Header(Map<String, String> metadata, List<Entry> entries) {}

    /** @param begin and {@code end} in bytes from the end of the header */
    private record Entry(String name, DType dtype, Shape shape, long begin, long end) {}

    private static Header header(InputFile file, byte[] json) throws FormatException {
        Map<String, String> metadata = new TreeMap<>();
        List<Entry> entries = new ArrayList<>();
        try (JsonParser parser = HeaderJson.parser(json)) {
            expect(file, parser, parser.nextToken(), JsonToken.START_OBJECT);
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String name = parser.currentName();
                JsonToken value = parser.nextToken();
                if (name.equals("__metadata__") && value == JsonToken.VALUE_NULL)
                    continue; // some writers' word for none
                expect(file, parser, value, JsonToken.START_OBJECT);
                if (name.equals("__metadata__")) readMetadata(file, parser, metadata);
                else entries.add(readEntry(file, parser, name));
            }
            if (parser.nextToken() != null) throw file.broken("has something behind the JSON of its header");
        } catch (JacksonException e) {
            throw file.broken("has a header that is not valid JSON: " + Pickle.shown(e.getOriginalMessage()));
        }
        return new Header(metadata, entries);
    }

    private static void readMetadata(InputFile file, JsonParser parser, Map<String, String> metadata)
            throws FormatException {
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String key = parser.currentName();
            expect(file, parser, parser.nextToken(), JsonToken.VALUE_STRING);
            metadata.put(key, parser.getString());
        }
    }

    private static Entry readEntry(InputFile file, JsonParser parser, String name) throws FormatException {
        DType dtype = null;
        List<Long> dims = null;
        List<Long> offsets = null;
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String field = parser.currentName();
            JsonToken value = parser.nextToken();
            switch (field) {
                case "dtype" -> {
                    expect(file, parser, value, JsonToken.VALUE_STRING);
                    String stated = parser.getString();
                    dtype = DType.named(stated)
                            .orElseThrow(() -> broken(file, name, "has the unknown dtype " + Pickle.shown(stated)));
                }
                case "shape" -> dims = numbers(file, parser, value);
                case "data_offsets" -> offsets = numbers(file, parser, value);
                default -> throw broken(file, name, "has the unknown field " + Pickle.shown(field));
            }
        }
        if (dtype == null || dims == null || offsets == null || offsets.size() != 2)
            throw broken(file, name, "lacks its dtype, shape or two data_offsets");
        return new Entry(name, dtype, shape(file, name, dims), offsets.get(0), offsets.get(1));
    }

    private static Shape shape(InputFile file, String name, List<Long> dims) throws FormatException {
        try {
            return new Shape(dims);
        } catch (ArithmeticException e) {
            throw broken(file, name, "has a shape that no file could hold");
        }
    }

    private static List<Long> numbers(InputFile file, JsonParser parser, JsonToken token) throws FormatException {
        expect(file, parser, token, JsonToken.START_ARRAY);
        List<Long> numbers = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            expect(file, parser, parser.currentToken(), JsonToken.VALUE_NUMBER_INT);
            long number = parser.getLongValue();
            if (number < 0) throw file.broken("has a negative number in its header");
            if (numbers.size() == Tensor.MAX_RANK)
                throw file.broken("has a tensor of more than " + Tensor.MAX_RANK + " dimensions");
            numbers.add(number);
        }
        return numbers;
    }

    private static void expect(InputFile file, JsonParser parser, @Nullable JsonToken found, JsonToken wanted)
            throws FormatException {
        if (found != wanted)
            throw file.broken("has a header with %s where %s belongs (byte %d of it)"
                    .formatted(found, wanted, parser.currentTokenLocation().getByteOffset()));
    }

    private static List<Tensor> tensors(InputFile file, List<Entry> entries, long data) throws FormatException {
        List<Tensor> tensors = new ArrayList<>(entries.size());
        entries.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
        long end = 0;
        for (Entry entry : entries) {
            if (entry.begin() != end)
                throw broken(
                        file,
                        entry.name(),
                        entry.begin() > end ? "follows a hole in the data" : "overlaps another tensor");
            long bytes;
            try {
                bytes = entry.dtype().bytes(entry.shape().elements());
            } catch (ArithmeticException e) {
                throw broken(file, entry.name(), "has a shape that no file could hold, or that fills no whole bytes");
            }
            if (entry.end() - entry.begin() != bytes)
                throw broken(
                        file,
                        entry.name(),
                        "has " + (entry.end() - entry.begin()) + " bytes where " + entry.dtype() + " " + entry.shape()
                                + " takes " + bytes);
            tensors.add(new Tensor(
                    entry.name(),
                    entry.dtype(),
                    entry.shape(),
                    entry.shape().contiguousStrides(),
                    0,
                    data + entry.begin(),
                    Tensor.TensorRole.PARAMETER));
            end = entry.end();
        }
        long stored = file.size() - data;
        if (end > stored)
            throw file.incomplete("is truncated: " + stored + " of " + end + " bytes of tensors are there");
        if (end < stored) throw file.broken("has " + (stored - end) + " bytes behind its last tensor");
        return tensors;
    }

    private static FormatException broken(InputFile file, String name, String problem) {
        return file.broken("tensor `" + Pickle.shown(name) + "` " + problem);
    }
}
