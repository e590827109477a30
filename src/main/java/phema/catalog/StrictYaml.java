package phema.catalog;

import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;

/**
 * Takes a YAML text apart, and says by line and column what is not as it must be. Nothing is ever constructed from it,
 * so tags mean nothing.
 */
final class StrictYaml {
    /** The most bytes of a text. */
    static final int MAX_BYTES = 1 << 20;

    private static final int MAX_MESSAGE = 500;
    private static final int MAX_DEPTH = 10;

    private StrictYaml() {}

    /** Says what is wrong in the text, and where. */
    static final class YamlError extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private YamlError(@Nullable Mark at, String message) {
            super((at == null ? "" : "line " + (at.getLine() + 1) + ", column " + (at.getColumn() + 1) + ": ")
                    + (message.length() <= MAX_MESSAGE ? message : message.substring(0, MAX_MESSAGE) + "..."));
        }
    }

    /**
     * The whole text as one value.
     *
     * @param name what to call it in errors
     * @param ifEmpty what to say when nothing is in it
     * @throws YamlError when it is no YAML
     */
    static YamlValue read(byte[] text, String name, String ifEmpty) {
        if (text.length > MAX_BYTES) throw new YamlError(null, "is larger than " + MAX_BYTES + " bytes");
        try {
            LoaderOptions options = new LoaderOptions();
            options.setCodePointLimit(MAX_BYTES);
            options.setNestingDepthLimit(MAX_DEPTH);
            options.setMaxAliasesForCollections(0);
            @Nullable Node node = new Yaml(options).compose(new StringReader(utf8(text)));
            if (node == null) throw new YamlError(null, ifEmpty);
            return new YamlValue(name, node);
        } catch (MarkedYAMLException e) {
            throw new YamlError(e.getProblemMark(), "is not YAML: " + e.getProblem());
        } catch (YAMLException e) {
            throw new YamlError(
                    null,
                    "is not YAML: "
                            + String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
        }
    }

    private static String utf8(byte[] text) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(text))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new YamlError(null, "is not UTF-8 text");
        }
    }

    /** A value and what to call it. */
    record YamlValue(String name, Node node) {
        /** @param message the end of a sentence that begins with the value's name */
        YamlError wrong(String message) {
            return new YamlError(node.getStartMark(), name + " " + message);
        }

        boolean isList() {
            return node instanceof SequenceNode;
        }

        /** The values of a mapping that may have these keys, each once. */
        YamlKeys keys(String... known) {
            if (!(node instanceof MappingNode mapping))
                throw wrong("must be a mapping with the keys " + String.join(", ", known));
            Map<String, YamlValue> values = new LinkedHashMap<>();
            for (NodeTuple tuple : mapping.getValue()) {
                Node key = tuple.getKeyNode();
                String keyName = key instanceof ScalarNode scalar ? scalar.getValue() : "";
                if (!List.of(known).contains(keyName))
                    throw new YamlError(
                            key.getStartMark(),
                            "unknown key " + keyName + "; did you mean " + nearest(keyName, known) + "?");
                if (values.put(keyName, new YamlValue(keyName, tuple.getValueNode())) != null)
                    throw new YamlError(key.getStartMark(), keyName + " is given twice");
            }
            return new YamlKeys(mapping, values);
        }

        /** The value of a key, among others that do not matter; empty where there is none. */
        Optional<YamlValue> find(String key) {
            return node instanceof MappingNode mapping
                    ? mapping.getValue().stream()
                            .filter(tuple -> tuple.getKeyNode() instanceof ScalarNode scalar
                                    && scalar.getValue().equals(key))
                            .map(tuple -> new YamlValue(key, tuple.getValueNode()))
                            .findFirst()
                    : Optional.empty();
        }

        /** The entries of a list, at least one. */
        <T> List<T> list(Function<YamlValue, T> as) {
            if (!(node instanceof SequenceNode sequence) || sequence.getValue().isEmpty())
                throw wrong("must be a list, as in [a, b]");
            return entries(sequence).stream().map(as).toList();
        }

        /** The entries of a list, if any. */
        List<YamlValue> entries() {
            return node instanceof SequenceNode sequence ? entries(sequence) : List.of();
        }

        private List<YamlValue> entries(SequenceNode sequence) {
            return sequence.getValue().stream()
                    .map(entry -> new YamlValue("an entry of " + name, entry))
                    .toList();
        }

        /** A text that may be empty. */
        String textOrNone() {
            return node instanceof ScalarNode scalar
                            && !scalar.isPlain()
                            && scalar.getValue().isEmpty()
                    ? ""
                    : text();
        }

        String text() {
            if (!(node instanceof ScalarNode scalar) || scalar.getValue().isBlank()) throw wrong("must be a text");
            return scalar.getValue();
        }

        double number() {
            try {
                return Double.parseDouble(text());
            } catch (NumberFormatException e) {
                throw wrong("must be a number, not " + text());
            }
        }

        double positive() {
            double number = number();
            if (!(number > 0 && number < 1e15)) throw wrong("must be a number above 0 and below 1e15, not " + text());
            return number;
        }

        long wholeNumber(long least) {
            double number = number();
            if (number != Math.rint(number) || number < least || number > 1e15)
                throw wrong("must be a whole number, at least " + least + ", not " + text());
            return (long) number;
        }
    }

    /** The values of a mapping. */
    record YamlKeys(Node node, Map<String, YamlValue> values) {
        <T> Optional<T> get(String key, Function<YamlValue, T> as) {
            return Optional.ofNullable(values.get(key)).map(as);
        }

        <T> T require(String key, Function<YamlValue, T> as) {
            return get(key, as).orElseThrow(() -> new YamlError(node.getStartMark(), key + " is missing"));
        }

        boolean has(String key) {
            return values.containsKey(key);
        }

        /**
         * @param key whose value is wrong; where there is none, the mapping is
         * @param message a whole sentence
         */
        YamlError wrong(String key, String message) {
            YamlValue value = values.get(key);
            return new YamlError((value == null ? node : value.node()).getStartMark(), message);
        }
    }

    private static String nearest(String name, String[] known) {
        return List.of(known).stream()
                .min(Comparator.comparingInt(key -> distance(name, key)))
                .orElseThrow();
    }

    /** Levenshtein's. */
    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j < row.length; j++) row[j] = j;
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j < row.length; j++) {
                int substituted = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(substituted, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[b.length()];
    }
}
