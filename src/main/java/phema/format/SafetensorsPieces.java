package phema.format;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import phema.format.Pieces.PieceList;
import phema.tensor.Shape;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * Reads what torch's {@code HuggingFaceStorageWriter} leaves of a checkpoint that is not consolidated: safetensors
 * files of one folder, each with pieces of tensors and, as text in its metadata, where they belong: {@code {"name":
 * {"saved_offsets": [8, 0]}}}. How large the tensors are stands nowhere; their pieces say it. Any of the files stands
 * for all.
 */
final class SafetensorsPieces implements WeightReader {
    private static final String PLACES = "DCP_SHARDING_INFO";

    /** The metadata of pieces, which say nothing of what is made of them. */
    static final Set<String> OWN_METADATA = Set.of(PLACES, "DCP_VERSION");

    private static final Pattern NAME = Pattern.compile("shard-\\d{5,}-model-(\\d{5,})-of-(\\d{5,})\\.safetensors");

    private final Optional<WeightFile> similar;

    /** @see SafetensorsReader */
    SafetensorsPieces(Optional<WeightFile> similar) {
        this.similar = similar;
    }

    @Override
    public WeightFile read(InputFile file) throws IOException {
        boolean piece = NAME.matcher(String.valueOf(file.path().getFileName())).matches();
        // What lies beside a piece is not in its header, and so not known from another like it.
        WeightFile alone = new SafetensorsReader(piece ? Optional.empty() : similar).read(file);
        if (!alone.metadata().containsKey(PLACES)) return alone;
        return piece
                ? together(file)
                : new WeightFile(
                        alone.path(), alone.format(), alone.parts(), without(alone.metadata()), alone.tensors());
    }

    /** Metadata that hold for the whole. */
    private static Map<String, String> without(Map<String, String> metadata) {
        Map<String, String> others = new TreeMap<>(metadata);
        others.keySet().removeAll(OWN_METADATA);
        return others;
    }

    private record Piece(Tensor tensor, int part, List<Long> origin) {}

    private static WeightFile together(InputFile entry) throws IOException {
        List<FilePart> parts = new ArrayList<>();
        Map<String, String> metadata = new TreeMap<>();
        Map<String, List<Piece>> pieces = new LinkedHashMap<>();
        List<String> names =
                entry.siblings().stream().filter(NAME.asMatchPredicate()).toList();
        requireEachFile(entry, names);
        for (String name : names) {
            try (InputFile file = entry.openSibling(name)) {
                WeightFile shard = new SafetensorsReader(Optional.empty()).read(file);
                Map<String, List<Long>> origins = origins(file, shard.metadata().getOrDefault(PLACES, "{}"));
                for (Tensor tensor : shard.tensors()) {
                    List<Long> origin = origins.get(tensor.name());
                    if (origin == null || origin.size() != tensor.shape().rank())
                        throw file.broken("does not say in " + PLACES + " where its piece of tensor `"
                                + Pickle.shown(tensor.name()) + "` belongs");
                    pieces.computeIfAbsent(tensor.name(), any -> new ArrayList<>())
                            .add(new Piece(tensor, parts.size(), origin));
                }
                without(shard.metadata()).forEach(metadata::putIfAbsent);
                parts.addAll(shard.parts());
            }
        }
        List<Tensor> tensors = new ArrayList<>();
        for (List<Piece> each : pieces.values()) tensors.add(tensor(entry, each));
        return new WeightFile(entry.path(), Format.SAFETENSORS, parts, metadata, tensors);
    }

    /** Of each of the files that the pieces would be consolidated to, some piece must be there. */
    private static void requireEachFile(InputFile entry, List<String> names) throws FormatException {
        Set<String> found = new HashSet<>();
        Set<String> counts = new TreeSet<>();
        for (String name : names) {
            Matcher matcher = NAME.matcher(name);
            if (!matcher.matches()) continue;
            found.add(matcher.group(1));
            counts.add(matcher.group(2));
        }
        if (counts.size() > 1)
            throw entry.broken("lies beside pieces of "
                    + Integer.parseInt(counts.iterator().next())
                    + " and of other numbers of files; these are of two checkpoints, move those of one away");
        String count = counts.iterator().next();
        for (int i = 1; i <= Integer.parseInt(count); i++)
            if (!found.contains("%05d".formatted(i)))
                throw entry.incomplete("is of a model in " + Integer.parseInt(count)
                        + " files, but shard-*-model-%05d-of-%s".formatted(i, count)
                        + " is missing; copy the whole checkpoint");
    }

    private static Tensor tensor(InputFile entry, List<Piece> pieces) throws FormatException {
        Tensor first = pieces.getFirst().tensor();
        String name = first.name();
        for (Piece piece : pieces)
            if (piece.tensor().dtype() != first.dtype()
                    || piece.tensor().shape().rank() != first.shape().rank())
                throw broken(
                        entry, name, "has pieces of different element types or dimensions; these are two checkpoints");
        if (first.dtype().isPacked())
            throw broken(entry, name, "is " + first.dtype() + ", which is not read in pieces");
        try {
            Shape whole = new Shape(IntStream.range(0, first.shape().rank())
                    .mapToObj(axis -> pieces.stream()
                            .mapToLong(piece -> Math.addExact(
                                    piece.origin().get(axis),
                                    piece.tensor().shape().dims().get(axis)))
                            .max()
                            .orElse(0))
                    .toList());
            if (Math.multiplyExact(whole.elements(), first.dtype().bytes()) == 0) return first;
            PieceList list = new PieceList(whole);
            for (Piece piece : pieces)
                list.add(
                        piece.part(),
                        piece.tensor().offset(),
                        piece.origin(),
                        piece.tensor().shape(),
                        piece.tensor().strides());
            return Tensor.of(name, first.dtype(), whole, list.all(), first.role());
        } catch (ArithmeticException e) {
            throw broken(entry, name, "has pieces at places that no file could hold");
        } catch (Pieces.TooFewPiecesException e) {
            throw entry.incomplete("tensor `" + Pickle.shown(name) + "` " + e.getMessage());
        } catch (IllegalArgumentException e) {
            throw broken(entry, name, String.valueOf(e.getMessage()));
        }
    }

    private static Map<String, List<Long>> origins(InputFile file, String json) throws FormatException {
        Map<String, List<Long>> origins = new HashMap<>();
        try (JsonParser parser = HeaderJson.parser(json.getBytes(StandardCharsets.UTF_8))) {
            if (parser.nextToken() != JsonToken.START_OBJECT) throw unreadable(file);
            while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
                String tensor = parser.currentName();
                if (parser.nextToken() != JsonToken.START_OBJECT) throw unreadable(file);
                while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
                    boolean offsets = parser.currentName().equals("saved_offsets");
                    if (parser.nextToken() != JsonToken.START_ARRAY || !offsets) {
                        parser.skipChildren();
                        continue;
                    }
                    List<Long> origin = new ArrayList<>();
                    while (parser.nextToken() == JsonToken.VALUE_NUMBER_INT && origin.size() < Tensor.MAX_RANK) {
                        if (parser.getLongValue() < 0) throw unreadable(file);
                        origin.add(parser.getLongValue());
                    }
                    if (parser.currentToken() != JsonToken.END_ARRAY) throw unreadable(file);
                    origins.put(tensor, List.copyOf(origin));
                }
            }
        } catch (JacksonException e) {
            throw unreadable(file);
        }
        return origins;
    }

    private static FormatException unreadable(InputFile file) {
        return file.broken("has a " + PLACES + " in its metadata that is not as torch writes it");
    }

    private static FormatException broken(InputFile file, String name, String problem) {
        return file.broken("tensor `" + Pickle.shown(name) + "` " + problem);
    }
}
