package phema.catalog;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import phema.catalog.StrictYaml.YamlError;
import phema.catalog.StrictYaml.YamlKeys;
import phema.catalog.StrictYaml.YamlValue;
import phema.format.FormatException;
import phema.format.NetworkSetting;
import phema.format.NetworkSettings;
import phema.format.RegularFiles;
import phema.format.WeightFiles;
import phema.profile.ProfileSpec;
import phema.profile.SigmaRel;

/** Reads a {@link Manifest}: which keys there are, and which belong together. */
final class ManifestReader {
    /** The fields of patterns for files. */
    static final Set<String> FILE_FIELDS = new LinkedHashSet<>(List.of("time", "index", "sigmaRel"));

    private static final String HUB = "hub";
    private static final String GAMMAS = "gammas";
    private static final double MAX_GAMMA = 1e9;
    private static final String GROUP = "group";
    private static final String NETWORK = "network";
    private static final String AVERAGES = "averages";
    private static final String PREFIX = "prefix";
    private static final String FILE = "file";
    private static final Set<String> NO_NAMES = Set.of("", ".", "..");
    private static final String PROFILE = "profile";
    private static final Pattern REPOSITORY_PATH =
            Pattern.compile("(?:[A-Za-z0-9_-][A-Za-z0-9._-]*/)*[A-Za-z0-9_-][A-Za-z0-9._-]*");

    private ManifestReader() {}

    /** @see Manifest#read */
    static Manifest read(Path file, Predicate<Path> mayRead) throws IOException {
        byte[] text;
        try (InputStream in = Channels.newInputStream(RegularFiles.open(file, mayRead))) {
            text = in.readNBytes(StrictYaml.MAX_BYTES + 1);
        }
        try {
            return manifest(StrictYaml.read(text, "the manifest", "is empty; docs/snapshots.md says what it can hold"));
        } catch (YamlError e) {
            throw new FormatException(file, String.valueOf(e.getMessage()));
        }
    }

    private static Manifest manifest(YamlValue all) {
        YamlKeys keys = all.keys(
                "files",
                PROFILE,
                "sigmaRels",
                GAMMAS,
                "updateEvery",
                "updateAfterStep",
                "timeScale",
                PREFIX,
                AVERAGES,
                "exclude",
                "buffers",
                "parameters",
                GROUP,
                NETWORK,
                HUB);
        if (keys.has(AVERAGES))
            for (String other : List.of(PREFIX, PROFILE))
                if (keys.has(other))
                    throw keys.wrong(other, other + " and averages say the same in two ways; give one of them");
        List<Manifest.StatedFile> weights =
                keys.get(AVERAGES, ManifestReader::averagesOfFiles).orElse(List.of());
        List<WeightGroups.StatedGroup> averages =
                weights.isEmpty() ? keys.get(AVERAGES, ManifestReader::averages).orElse(List.of()) : List.of();
        // Of a file as a whole, whose profile counts nowhere.
        Optional<String> profile =
                keys.has(AVERAGES) ? Optional.of(WeightGroups.RAW) : keys.get(PROFILE, ManifestReader::profile);
        if (keys.has("sigmaRels") && keys.has(GAMMAS))
            throw keys.wrong(GAMMAS, "sigmaRels and gammas say the same in two ways; give one of them");
        List<Double> gammas = keys.get("sigmaRels", value -> value.list(ManifestReader::gammaOfSigmaRel))
                .or(() -> keys.get(GAMMAS, value -> value.list(ManifestReader::gamma)))
                .orElse(List.of());
        Manifest.ManifestFiles files = files(keys, profile, weights);
        requireOneProfile(keys, files);
        if (files instanceof Manifest.Matching && !keys.has("files") && !keys.has("updateEvery"))
            throw keys.wrong(
                    widths(keys),
                    "updateEvery is missing: the steps between two updates of the averages, PostHocEMA's argument "
                            + "update_every (its default"
                            + " is 100 in ema-pytorch and nitrous-ema, 10 in pytorch-posthoc-ema)");
        if (keys.has(PROFILE) && keys.has("updateEvery"))
            throw keys.wrong(
                    "updateEvery", "updateEvery belongs with sigmaRels or gammas; state the profile as it is tracked");
        return new Manifest(
                files,
                profile,
                gammas,
                keys.get("updateEvery", value -> value.wholeNumber(1)).orElse(1L),
                keys.get("updateAfterStep", value -> value.wholeNumber(-1)).orElse(0L),
                keys.get("timeScale", YamlValue::positive).orElse(1.0),
                new TensorSelection(
                        keys.get(PREFIX, YamlValue::textOrNone),
                        averages,
                        keys.get("exclude", value -> value.list(ManifestReader::tensors))
                                .orElse(List.of()),
                        keys.get("buffers", value -> value.list(ManifestReader::tensors))
                                .orElse(List.of()),
                        keys.get("parameters", value -> value.list(ManifestReader::tensors))
                                .orElse(List.of()),
                        keys.get(GROUP, ManifestReader::group).orElse(false)),
                keys.get(HUB, ManifestReader::publication).orElse(Publication.DEFAULT),
                keys.get(NETWORK, ManifestReader::network).orElse(NetworkSettings.NONE));
    }

    /** None where the entries are not of files. */
    private static List<Manifest.StatedFile> averagesOfFiles(YamlValue value) {
        requireAverages(value);
        Set<String> paths = new LinkedHashSet<>();
        List<Boolean> ofFiles =
                value.list(entry -> entry.keys(PREFIX, FILE, PROFILE).has(FILE));
        if (!ofFiles.contains(true)) return List.of();
        if (ofFiles.contains(false))
            throw value.wrong("name sets of weights both by file and by prefix; name all in one of these ways");
        return value.list(entry -> {
            YamlKeys keys = entry.keys(FILE, PROFILE);
            String path = keys.require(FILE, ManifestReader::path);
            if (!paths.add(path)) throw keys.wrong(FILE, path + " is listed twice");
            return new Manifest.StatedFile(path, keys.require(PROFILE, ManifestReader::profile));
        });
    }

    private static void requireAverages(YamlValue value) {
        if (!value.isList())
            throw value.wrong("must be a list, as in [{prefix: 'model.', profile: impulse}, {prefix: 'ema.', profile:"
                    + " 'ema:0.9999,warmup=none'}]");
    }

    private static List<WeightGroups.StatedGroup> averages(YamlValue value) {
        Set<String> prefixes = new LinkedHashSet<>();
        return value.list(entry -> {
            YamlKeys keys = entry.keys(PREFIX, PROFILE);
            String prefix = keys.require(PREFIX, YamlValue::text);
            for (String other : prefixes)
                if (isWithin(other, prefix) || isWithin(prefix, other))
                    throw keys.wrong(
                            PREFIX,
                            prefix.equals(other)
                                    ? prefix + " is listed twice"
                                    : "tensors below " + prefix + " and " + other + " are partly the same");
            prefixes.add(prefix);
            return new WeightGroups.StatedGroup(prefix, Optional.of(keys.require(PROFILE, ManifestReader::profile)));
        });
    }

    /** Whether a prefix names a module within another's, and not only tensors of it whose names begin alike. */
    private static boolean isWithin(String prefix, String other) {
        return prefix.startsWith(other) && (prefix.equals(other) || prefix.endsWith("."));
    }

    private static boolean group(YamlValue value) {
        if (value.text().equals(WeightFiles.MASTERS)) return true;
        throw value.wrong("must be " + WeightFiles.MASTERS + ", the weights in single precision that Megatron's"
                + " optimizers keep, not " + value.text());
    }

    private static NetworkSettings network(YamlValue value) {
        NetworkSetting[] all = NetworkSetting.values();
        YamlKeys keys = value.keys(Arrays.stream(all).map(NetworkSetting::key).toArray(String[]::new));
        SortedMap<NetworkSetting, String> stated = new TreeMap<>();
        for (NetworkSetting setting : all)
            keys.get(setting.key(), one -> setting(setting, one)).ifPresent(text -> stated.put(setting, text));
        if (stated.isEmpty()) throw value.wrong("states nothing; " + all[0].key() + ": 16, for instance, is a setting");
        return new NetworkSettings(stated);
    }

    private static String setting(NetworkSetting setting, YamlValue value) {
        String text = value.isList()
                ? value.list(YamlValue::text).stream().collect(Collectors.joining(", ", "[", "]"))
                : value.text();
        try {
            return setting.canonical(text);
        } catch (IllegalArgumentException e) {
            throw value.wrong(String.valueOf(e.getMessage()));
        }
    }

    private static Publication publication(YamlValue value) {
        YamlKeys keys = value.keys("owner", "weights", "files");
        return Publication.of(
                keys.get("owner", ManifestReader::owner),
                keys.get("weights", ManifestReader::weights).orElse(Publication.DEFAULT.weights()),
                keys.get("files", files -> files.list(ManifestReader::repositoryPath))
                        .orElse(List.of()));
    }

    private static String owner(YamlValue value) {
        String owner = value.text();
        if (!owner.matches("[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?"))
            throw value.wrong("must be a name of letters, digits and inner hyphens, not " + owner);
        return owner;
    }

    private static String weights(YamlValue value) {
        String path = repositoryPath(value);
        if (!path.endsWith(".safetensors"))
            throw value.wrong("must end with .safetensors, as in unet/diffusion_pytorch_model.safetensors");
        return path;
    }

    private static String repositoryPath(YamlValue value) {
        String path = value.text();
        if (!REPOSITORY_PATH.matcher(path).matches())
            throw value.wrong("must be a path below this folder, of letters, digits and ._-, not " + path);
        return path;
    }

    private static Manifest.ManifestFiles files(
            YamlKeys keys, Optional<String> profile, List<Manifest.StatedFile> weights) {
        Optional<Manifest.ManifestFiles> named =
                keys.get("files", value -> files(value, profile, weights, keys.has(AVERAGES)));
        return named.orElseGet(() -> filesByName(keys));
    }

    /** Without {@code files}: what PostHocEMA of ema-pytorch and its relatives write, or what needs no manifest. */
    private static Manifest.ManifestFiles filesByName(YamlKeys keys) {
        if (Set.of(GROUP, HUB, NETWORK).containsAll(keys.values().keySet())) return new Manifest.Usual();
        if (widths(keys).isEmpty())
            throw keys.wrong("", "files is missing: a pattern such as 'step-{time}.safetensors', or a list");
        return new Manifest.Matching(NamePattern.of(IndexedName.PATTERN, FILE_FIELDS), List.of());
    }

    private static Manifest.ManifestFiles files(
            YamlValue value, Optional<String> profile, List<Manifest.StatedFile> weights, boolean averages) {
        if (!value.isList()) {
            NamePattern pattern = pattern(value, FILE_FIELDS);
            if (!pattern.fields().contains("time"))
                throw value.wrong("must say where the time stands in the names, as in 'step-{time}.safetensors'");
            return new Manifest.Matching(pattern, weights);
        }
        if (!weights.isEmpty())
            throw value.wrong(
                    "must be a pattern of folders, as in 'checkpoint-{time}', where averages name files in" + " them");
        Set<String> names = new LinkedHashSet<>();
        List<Manifest.ManifestEntry> entries = new ArrayList<>();
        for (YamlValue entry : value.entries()) {
            YamlKeys keys = entry.keys("name", "time", PROFILE);
            String name = keys.require("name", ManifestReader::path);
            if (!names.add(name)) throw keys.wrong("name", name + " is listed twice");
            if (averages && keys.has(PROFILE))
                throw keys.wrong(PROFILE, "profile and averages say the same in two ways; give one of them");
            entries.add(new Manifest.ManifestEntry(
                    name,
                    keys.require("time", YamlValue::positive),
                    keys.get(PROFILE, ManifestReader::profile)
                            .or(() -> profile)
                            .orElseThrow(() -> keys.wrong("", name + " has no profile, nor has the manifest"))));
        }
        return new Manifest.Listed(entries);
    }

    private static void requireOneProfile(YamlKeys keys, Manifest.ManifestFiles files) {
        Set<String> fields =
                files instanceof Manifest.Matching matching ? matching.pattern().fields() : Set.of();
        String widths = widths(keys);
        if (fields.contains("index") == widths.isEmpty())
            throw keys.wrong(
                    widths.isEmpty() ? "files" : widths,
                    "{index} in files and sigmaRels (or gammas) belong together: they give the width for index 0, 1,"
                            + " ...");
        long profiles =
                List.of(keys.has(PROFILE), keys.has(AVERAGES), !widths.isEmpty(), fields.contains("sigmaRel")).stream()
                        .filter(has -> has)
                        .count();
        if (profiles > 1)
            throw keys.wrong(
                    keys.has(AVERAGES) ? AVERAGES : PROFILE,
                    "only one of profile, sigmaRels (or gammas), averages and {sigmaRel} in files can say the"
                            + " profile");
        if (profiles == 0 && files instanceof Manifest.Matching)
            throw keys.wrong(
                    "files",
                    "the files' profile is missing: profile (impulse for raw checkpoints), averages (of several sets of"
                            + " weights in each), sigmaRels, gammas, or {sigmaRel} in files");
    }

    /** The key that gives the widths of averages by index; empty where none does. */
    private static String widths(YamlKeys keys) {
        return keys.has("sigmaRels") ? "sigmaRels" : keys.has(GAMMAS) ? GAMMAS : "";
    }

    private static String path(YamlValue value) {
        String path = value.text();
        if (path.contains("\\") || Arrays.stream(path.split("/", -1)).anyMatch(NO_NAMES::contains))
            throw value.wrong("must name a file in this folder, or in one below it as in"
                    + " checkpoint-500/model.safetensors, not " + path);
        return path;
    }

    private static NamePattern tensors(YamlValue value) {
        return pattern(value, Set.of());
    }

    private static NamePattern pattern(YamlValue value, Set<String> fields) {
        try {
            return NamePattern.of(fields.isEmpty() ? value.text() : path(value), fields);
        } catch (IllegalArgumentException e) {
            throw value.wrong(String.valueOf(e.getMessage()));
        }
    }

    private static String profile(YamlValue value) {
        String spec = value.text();
        try {
            ProfileSpec.parse(spec, Double.MAX_VALUE);
            return spec;
        } catch (IllegalArgumentException e) {
            throw value.wrong("is wrong: " + e.getMessage());
        }
    }

    private static double gammaOfSigmaRel(YamlValue value) {
        try {
            return SigmaRel.toGamma(value.number());
        } catch (IllegalArgumentException e) {
            throw value.wrong("is wrong: " + e.getMessage());
        }
    }

    /** Where {@code sigmaRels} end: flat profiles are no averages that anybody tracks. */
    private static double gamma(YamlValue value) {
        double gamma = value.number();
        if (!(gamma > 0 && gamma < MAX_GAMMA))
            throw value.wrong(
                    "must be a number above 0 and below 1e9, as PostHocEMA's argument gammas, not " + value.text());
        return gamma;
    }
}
