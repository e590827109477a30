package phema.catalog;

import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Pattern;
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
import phema.format.FormatException;
import phema.format.RegularFiles;
import phema.profile.ProfileSpec;
import phema.profile.SigmaRel;

/** Reads a {@link Manifest}. YAML is only taken apart into nodes: nothing is ever constructed from it, so tags mean nothing. */
final class ManifestReader {
    private static final int MAX_BYTES = 1 << 20;
    private static final int MAX_MESSAGE = 500;
    private static final Set<String> FILE_FIELDS = sorted("time", "index", "sigmaRel");
    private static final String HUB = "hub";
    private static final Pattern REPOSITORY_PATH =
            Pattern.compile("(?:[A-Za-z0-9_-][A-Za-z0-9._-]*/)*[A-Za-z0-9_-][A-Za-z0-9._-]*");
    private static final Set<String> KEYS = sorted(
            "files",
            "profile",
            "sigmaRels",
            "updateEvery",
            "updateAfterStep",
            "timeScale",
            "prefix",
            "exclude",
            "buffers",
            HUB);

    private final byte[] text;

    private ManifestReader(byte[] text) {
        this.text = text;
    }

    /** @see Manifest#read */
    static Manifest read(Path file, Predicate<Path> mayRead) throws IOException {
        byte[] text;
        try (InputStream in = Channels.newInputStream(RegularFiles.open(file, mayRead))) {
            text = in.readNBytes(MAX_BYTES + 1);
        }
        try {
            return new ManifestReader(text).read();
        } catch (Wrong e) {
            throw new FormatException(file, String.valueOf(e.getMessage()));
        }
    }

    /** Something in the file is not as it must be. */
    private static final class Wrong extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Wrong(@Nullable Mark at, String message) {
            super((at == null ? "" : "line " + (at.getLine() + 1) + ", column " + (at.getColumn() + 1) + ": ")
                    + (message.length() <= MAX_MESSAGE ? message : message.substring(0, MAX_MESSAGE) + "..."));
        }
    }

    /** The values of a mapping. */
    private record Keys(Node node, Map<String, Node> values) {
        <T> Optional<T> get(String key, Function<Named, T> as) {
            return Optional.ofNullable(values.get(key)).map(value -> as.apply(new Named(key, value)));
        }

        <T> T require(String key, Function<Named, T> as) {
            return get(key, as).orElseThrow(() -> new Wrong(node.getStartMark(), key + " is missing"));
        }

        boolean has(String key) {
            return values.containsKey(key);
        }

        Wrong wrong(String key, String message) {
            return new Wrong(values.getOrDefault(key, node).getStartMark(), message);
        }
    }

    /** A value and what to call it. */
    private record Named(String name, Node node) {
        Wrong wrong(String message) {
            return new Wrong(node.getStartMark(), name + " " + message);
        }
    }

    private Manifest read() {
        Keys keys = keys(new Named("the manifest", compose()), KEYS);
        Optional<String> profile = keys.get("profile", ManifestReader::profile);
        List<Double> sigmaRels = keys.get("sigmaRels", value -> list(value, ManifestReader::sigmaRel))
                .orElse(List.of());
        Manifest.ManifestFiles files =
                keys.get("files", value -> files(value, profile)).orElseGet(() -> filesByName(keys));
        requireOneProfile(keys, files);
        if (files instanceof Manifest.Matching && !keys.has("files") && !keys.has("updateEvery"))
            throw keys.wrong(
                    "sigmaRels",
                    "updateEvery is missing: the steps between two updates of the averages, PostHocEMA's argument update_every (its default"
                            + " is 100 in ema-pytorch and nitrous-ema, 10 in pytorch-posthoc-ema)");
        if (keys.has("profile") && keys.has("updateEvery"))
            throw keys.wrong("updateEvery", "updateEvery belongs with sigmaRels; state the profile as it is tracked");
        return new Manifest(
                files,
                profile,
                sigmaRels,
                keys.get("updateEvery", value -> wholeNumber(value, 1)).orElse(1L),
                keys.get("updateAfterStep", value -> wholeNumber(value, 0)).orElse(0L),
                keys.get("timeScale", ManifestReader::positive).orElse(1.0),
                new TensorSelection(
                        keys.get("prefix", ManifestReader::string),
                        keys.get("exclude", value -> list(value, ManifestReader::tensors))
                                .orElse(List.of()),
                        keys.get("buffers", value -> list(value, ManifestReader::tensors))
                                .orElse(List.of())),
                keys.get(HUB, ManifestReader::publication).orElse(Publication.DEFAULT));
    }

    private static Publication publication(Named value) {
        Keys keys = keys(value, sorted("owner", "weights", "files"));
        return Publication.of(
                keys.get("owner", ManifestReader::owner),
                keys.get("weights", ManifestReader::weights).orElse(Publication.DEFAULT.weights()),
                keys.get("files", files -> list(files, ManifestReader::repositoryPath))
                        .orElse(List.of()));
    }

    private static String owner(Named value) {
        String owner = string(value);
        if (!owner.matches("[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?"))
            throw value.wrong("must be a name of letters, digits and inner hyphens, not " + owner);
        return owner;
    }

    private static String weights(Named value) {
        String path = repositoryPath(value);
        if (!path.endsWith(".safetensors"))
            throw value.wrong("must end with .safetensors, as in unet/diffusion_pytorch_model.safetensors");
        return path;
    }

    private static String repositoryPath(Named value) {
        String path = string(value);
        if (!REPOSITORY_PATH.matcher(path).matches())
            throw value.wrong("must be a path below this folder, of letters, digits and ._-, not " + path);
        return path;
    }

    private Node compose() {
        if (text.length > MAX_BYTES) throw new Wrong(null, "is larger than " + MAX_BYTES + " bytes");
        try {
            LoaderOptions options = new LoaderOptions();
            options.setCodePointLimit(MAX_BYTES);
            options.setNestingDepthLimit(10);
            options.setMaxAliasesForCollections(0);
            @Nullable Node node = new Yaml(options).compose(new StringReader(utf8()));
            if (node == null) throw new Wrong(null, "is empty; docs/snapshots.md says what it can hold");
            return node;
        } catch (MarkedYAMLException e) {
            throw new Wrong(e.getProblemMark(), "is not YAML: " + e.getProblem());
        } catch (YAMLException e) {
            throw new Wrong(
                    null,
                    "is not YAML: "
                            + String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
        }
    }

    private String utf8() {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(text))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new Wrong(null, "is not UTF-8 text");
        }
    }

    /** Without {@code files}: what PostHocEMA of ema-pytorch and its relatives write, or what needs no manifest. */
    private static Manifest.ManifestFiles filesByName(Keys keys) {
        if (keys.values().keySet().equals(Set.of(HUB))) return new Manifest.Usual();
        if (!keys.has("sigmaRels"))
            throw keys.wrong("", "files is missing: a pattern such as 'step-{time}.safetensors', or a list");
        return new Manifest.Matching(NamePattern.of(IndexedName.PATTERN, FILE_FIELDS));
    }

    private static Manifest.ManifestFiles files(Named value, Optional<String> profile) {
        if (!(value.node() instanceof SequenceNode sequence)) {
            NamePattern pattern = pattern(value, FILE_FIELDS);
            if (!pattern.fields().contains("time"))
                throw value.wrong("must say where the time stands in the names, as in 'step-{time}.safetensors'");
            return new Manifest.Matching(pattern);
        }
        Set<String> names = new LinkedHashSet<>();
        List<Manifest.ManifestEntry> entries = new ArrayList<>();
        for (Node node : sequence.getValue()) {
            Named entry = new Named("an entry of files", node);
            Keys keys = keys(entry, sorted("name", "time", "profile"));
            String name = keys.require("name", ManifestReader::fileName);
            if (!names.add(name)) throw keys.wrong("name", name + " is listed twice");
            entries.add(new Manifest.ManifestEntry(
                    name,
                    keys.require("time", ManifestReader::positive),
                    keys.get("profile", ManifestReader::profile)
                            .or(() -> profile)
                            .orElseThrow(() -> keys.wrong("", name + " has no profile, nor has the manifest"))));
        }
        return new Manifest.Listed(entries);
    }

    private static void requireOneProfile(Keys keys, Manifest.ManifestFiles files) {
        Set<String> fields =
                files instanceof Manifest.Matching matching ? matching.pattern().fields() : Set.of();
        if (fields.contains("index") != keys.has("sigmaRels"))
            throw keys.wrong(
                    keys.has("sigmaRels") ? "sigmaRels" : "files",
                    "{index} in files and sigmaRels belong together: sigmaRels gives the width for index 0, 1, ...");
        long profiles = List.of(keys.has("profile"), keys.has("sigmaRels"), fields.contains("sigmaRel")).stream()
                .filter(has -> has)
                .count();
        if (profiles > 1)
            throw keys.wrong("profile", "only one of profile, sigmaRels and {sigmaRel} in files can say the profile");
        if (profiles == 0 && files instanceof Manifest.Matching)
            throw keys.wrong(
                    "files",
                    "the files' profile is missing: profile (impulse for raw checkpoints), sigmaRels, or {sigmaRel} in files");
    }

    private static Keys keys(Named value, Set<String> known) {
        if (!(value.node() instanceof MappingNode mapping))
            throw value.wrong("must be a mapping with the keys " + String.join(", ", known));
        Map<String, Node> values = new LinkedHashMap<>();
        for (NodeTuple tuple : mapping.getValue()) {
            Node key = tuple.getKeyNode();
            String name = key instanceof ScalarNode scalar ? scalar.getValue() : "";
            if (!known.contains(name))
                throw new Wrong(
                        key.getStartMark(), "unknown key " + name + "; did you mean " + nearest(name, known) + "?");
            if (values.put(name, tuple.getValueNode()) != null)
                throw new Wrong(key.getStartMark(), name + " is given twice");
        }
        return new Keys(mapping, values);
    }

    private static <T> List<T> list(Named value, Function<Named, T> as) {
        if (!(value.node() instanceof SequenceNode sequence)
                || sequence.getValue().isEmpty()) throw value.wrong("must be a list, as in [a, b]");
        return sequence.getValue().stream()
                .map(node -> as.apply(new Named("an entry of " + value.name(), node)))
                .toList();
    }

    private static String string(Named value) {
        if (!(value.node() instanceof ScalarNode scalar) || scalar.getValue().isBlank())
            throw value.wrong("must be a text");
        return scalar.getValue();
    }

    private static String fileName(Named value) {
        String name = string(value);
        if (name.contains("/") || name.contains("\\"))
            throw value.wrong("must name a file in this folder, not " + name);
        return name;
    }

    private static NamePattern tensors(Named value) {
        return pattern(value, Set.of());
    }

    private static NamePattern pattern(Named value, Set<String> fields) {
        try {
            return NamePattern.of(fields.isEmpty() ? string(value) : fileName(value), fields);
        } catch (IllegalArgumentException e) {
            throw value.wrong(String.valueOf(e.getMessage()));
        }
    }

    private static String profile(Named value) {
        String spec = string(value);
        try {
            ProfileSpec.parse(spec, Double.MAX_VALUE);
            return spec;
        } catch (IllegalArgumentException e) {
            throw value.wrong("is wrong: " + e.getMessage());
        }
    }

    private static double sigmaRel(Named value) {
        double sigmaRel = number(value);
        try {
            SigmaRel.toGamma(sigmaRel);
            return sigmaRel;
        } catch (IllegalArgumentException e) {
            throw value.wrong("is wrong: " + e.getMessage());
        }
    }

    private static long wholeNumber(Named value, long least) {
        double number = number(value);
        if (number != Math.rint(number) || number < least || number > 1e15)
            throw value.wrong("must be a whole number, at least " + least + ", not " + string(value));
        return (long) number;
    }

    private static double positive(Named value) {
        double number = number(value);
        if (!(number > 0 && number < 1e15))
            throw value.wrong("must be a number above 0 and below 1e15, not " + string(value));
        return number;
    }

    private static double number(Named value) {
        try {
            return Double.parseDouble(string(value));
        } catch (NumberFormatException e) {
            throw value.wrong("must be a number, not " + string(value));
        }
    }

    private static String nearest(String name, Set<String> known) {
        return known.stream()
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

    private static Set<String> sorted(String... names) {
        return new LinkedHashSet<>(List.of(names));
    }
}
