package phema;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Tests that {@code docs/architecture.md} and the other papers for developers say what the code is. */
class ArchitecturePageTest {
    private static final Path CODE = Path.of("src/main/java/phema");
    private static final Path PAGE = Path.of("docs/architecture.md");

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("phema");

    private static final Pattern ROOM = Pattern.compile("phema\\.(\\w+)");
    private static final Pattern ALLOWED = Pattern.compile("allowedDependencies = \\{([^}]*)}");
    private static final Pattern ROW =
            Pattern.compile("^\\| ((?:`\\w+`(?:, )?)+) \\| [^|]+ \\| ([^|]*)\\|$", Pattern.MULTILINE);
    private static final Pattern CLASS = Pattern.compile("`(\\w+)\\.([A-Z]\\w*)`");

    /** Rooms that all may use, and whose mention in each row would say nothing. */
    private static final Set<String> EVERYWHERE = Set.of("problem", "text", "time", "digest");

    @Test
    void theTableNamesEveryRoom() throws IOException {
        assertThat(table().keySet()).isEqualTo(rooms());
    }

    @Test
    void theTableSaysWhichRoomUsesWhich() throws IOException {
        for (Map.Entry<String, String> row : table().entrySet()) {
            if (!row.getValue().isEmpty()
                    && !row.getValue().matches("[\\w, ]*\\b(" + String.join("|", rooms()) + ")\\b.*"))
                continue; // such as "all that they show"
            Set<String> said = Stream.of(row.getValue().split(", "))
                    .filter(name -> !name.isBlank())
                    .collect(Collectors.toCollection(TreeSet::new));
            assertThat(said).as(row.getKey()).isEqualTo(without(EVERYWHERE, used(row.getKey())));
        }
    }

    @Test
    void roomsDeclareNoMoreThanTheyUse() throws IOException {
        for (String room : rooms()) {
            String door = Files.readString(CODE.resolve(room).resolve("package-info.java"));
            Set<String> declared = ALLOWED.matcher(door)
                    .results()
                    .flatMap(list ->
                            Pattern.compile("\"(\\w+)\"").matcher(list.group(1)).results())
                    .map(name -> name.group(1))
                    .collect(Collectors.toCollection(TreeSet::new));
            assertThat(declared).as(room).isEqualTo(used(room));
        }
    }

    static Stream<Path> papers() throws IOException {
        try (Stream<Path> decisions = Files.list(Path.of("docs/decisions"))) {
            return Stream.concat(Stream.of(PAGE, Path.of("CONTRIBUTING.md")), decisions.toList().stream());
        }
    }

    @ParameterizedTest
    @MethodSource("papers")
    void theClassesThatItNamesExist(Path paper) throws IOException {
        Set<String> rooms = rooms();
        List<MatchResult> named = CLASS.matcher(Files.readString(paper))
                .results()
                .filter(name -> rooms.contains(name.group(1)))
                .toList();
        if (paper.equals(PAGE)) assertThat(named).hasSizeGreaterThan(50);
        assertThat(named)
                .allSatisfy(name -> assertThat(CODE.resolve(name.group(1)).resolve(name.group(2) + ".java"))
                        .exists());
    }

    private static Map<String, String> table() throws IOException {
        Map<String, String> table = new TreeMap<>();
        ROW.matcher(Files.readString(PAGE))
                .results()
                .forEach(row -> Stream.of(row.group(1).split(", "))
                        .forEach(room ->
                                table.put(room.replace("`", ""), row.group(2).strip())));
        return table;
    }

    private static Set<String> rooms() throws IOException {
        try (Stream<Path> all = Files.list(CODE)) {
            return all.filter(Files::isDirectory)
                    .map(room -> String.valueOf(room.getFileName()))
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }

    private static Set<String> used(String room) {
        return CLASSES.stream()
                .filter(type -> room(type).equals(room))
                .flatMap(type -> type.getDirectDependenciesFromSelf().stream())
                .map(use -> room(use.getTargetClass().getBaseComponentType()))
                .filter(other -> !other.isEmpty() && !other.equals(room))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** Empty for what lies in none. */
    private static String room(JavaClass type) {
        Matcher matcher = ROOM.matcher(type.getPackageName());
        return matcher.matches() ? matcher.group(1) : "";
    }

    private static Set<String> without(Set<String> some, Set<String> all) {
        Set<String> rest = new TreeSet<>(all);
        rest.removeAll(some);
        return rest;
    }
}
