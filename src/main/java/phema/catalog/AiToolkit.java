package phema.catalog;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Predicate;
import phema.catalog.StrictYaml.YamlError;
import phema.catalog.StrictYaml.YamlValue;
import phema.format.RegularFiles;

/**
 * Reads ai-toolkit's configuration, which it writes beside its files: they hold an average where {@code ema_config} is
 * on, and raw weights where it is not.
 */
final class AiToolkit {
    /** The name of its file. */
    static final String CONFIGURATION = "config.yaml";

    /** The decay that it takes where the configuration has none. */
    private static final String USUAL = "0.999";

    private AiToolkit() {}

    /**
     * The profile of its files, as text; empty where there is no such configuration, or none for files of this name.
     *
     * @param prefix that the files' names begin with
     */
    static Optional<String> profile(Path folder, String prefix, Predicate<Path> mayRead) {
        Path file = folder.resolve(CONFIGURATION);
        if (!Files.isRegularFile(file)) return Optional.empty();
        try (InputStream in = Channels.newInputStream(RegularFiles.open(file, mayRead))) {
            return profile(StrictYaml.read(in.readNBytes(StrictYaml.MAX_BYTES + 1), CONFIGURATION, "is empty"), prefix);
        } catch (IOException | YamlError e) { // then nothing is recorded, and asked
            return Optional.empty();
        }
    }

    private static Optional<String> profile(YamlValue all, String prefix) {
        Optional<YamlValue> config = all.find("config");
        boolean own = config.flatMap(value -> value.find("name"))
                .filter(name -> prefix.startsWith(name.text()))
                .isPresent();
        List<String> profiles =
                config.flatMap(value -> value.find("process")).map(YamlValue::entries).orElse(List.of()).stream()
                        .flatMap(process -> process.find("train").stream())
                        .map(train ->
                                train.find("ema_config").map(AiToolkit::profile).orElse(WeightGroups.RAW))
                        .distinct()
                        .toList();
        return own && profiles.size() == 1
                ? Optional.of(profiles.getFirst()).filter(profile -> !profile.isEmpty())
                : Optional.empty();
    }

    /** Empty where it does not say whether it is on. */
    private static String profile(YamlValue ema) {
        return switch (ema.find("use_ema").map(YamlValue::text).orElse("").toLowerCase(Locale.ROOT)) {
            case "true", "yes", "on" ->
                "ema:" + ema.find("ema_decay").map(YamlValue::text).orElse(USUAL) + ",warmup=none";
            case "false", "no", "off", "null", "~" -> WeightGroups.RAW;
            default -> "";
        };
    }
}
