package phema.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.core.io.FileSystemResource;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import phema.problem.Problem;

/** Finds the file of settings that is no YAML: Spring, which reads them, says only where in a file the fault is. */
final class SettingFiles {
    private static final String FIELD = "spring.config.location";

    private static final List<String> NAMES = List.of("application.yaml", "application.yml");

    /** The folders in which Spring looks without being told. */
    private static final List<String> USUAL = List.of(".", "config");

    private SettingFiles() {}

    /** @param settings of the command line, in which files may be named */
    static Problem broken(MarkedYAMLException fault, List<String> settings) {
        return files(settings)
                .flatMap(file -> fault(file).map(found -> broken(file.toString(), found)).stream())
                .findFirst()
                .orElseGet(() -> broken("a file of settings", fault));
    }

    private static Problem broken(String file, MarkedYAMLException fault) {
        @Nullable Mark mark = fault.getProblemMark();
        String place = mark == null ? "" : ", line " + (mark.getLine() + 1) + ", column " + (mark.getColumn() + 1);
        return Problem.invalid(FIELD, file + place + " is no YAML: " + fault.getProblem());
    }

    private static Optional<MarkedYAMLException> fault(Path file) {
        try {
            new YamlPropertySourceLoader().load("settings", new FileSystemResource(file));
        } catch (MarkedYAMLException e) {
            return Optional.of(e);
        } catch (IOException | RuntimeException e) { // not what Spring stumbled over
            return Optional.empty();
        }
        return Optional.empty();
    }

    private static Stream<Path> files(List<String> settings) {
        List<String> places = new ArrayList<>();
        settings.stream()
                .filter(setting -> setting.matches("--spring\\.config\\.(additional-location|location|import).*=.*"))
                .forEach(setting -> places.add(setting.substring(setting.indexOf('=') + 1)));
        System.getenv().forEach((name, value) -> {
            if (name.startsWith("SPRING_CONFIG_")) places.add(value);
        });
        places.addAll(USUAL);
        return places.stream()
                .flatMap(place -> Arrays.stream(place.split("[,;]")))
                .map(place -> place.strip().replaceFirst("^(optional:)?(file:)?", ""))
                .flatMap(SettingFiles::within)
                .filter(Files::isRegularFile);
    }

    private static Stream<Path> within(String place) {
        try {
            Path path = Path.of(place);
            return Files.isDirectory(path) ? NAMES.stream().map(path::resolve) : Stream.of(path);
        } catch (InvalidPathException e) {
            return Stream.empty();
        }
    }
}
