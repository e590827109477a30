package phema;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toList;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Whoever reads a name knows which type it is, without looking where it comes from. */
class TypeNamesTest {
    private static final List<JavaClass> TYPES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests()).importPackages("phema").stream()
                    .filter(type -> !type.getSimpleName().isEmpty()
                            && !type.getSimpleName().equals("package-info"))
                    .toList();

    @Test
    void noTwoTypesShareAName() {
        Map<String, List<String>> byName = named(TYPES.stream().filter(TypeNamesTest::isTopLevelOrPublic));
        assertThat(byName).containsKeys("Engine", "RunScanner", "Difference");
        byName.values().removeIf(places -> places.size() == 1);
        assertThat(byName).isEmpty();
    }

    /**
     * A private type may be called as another room's, but not as a public nested one, which is used by its simple name.
     */
    @Test
    void noTypeIsCalledAsAPublicNestedOne() {
        List<String> nested = TYPES.stream()
                .filter(type -> type.isNestedClass() && isPublic(type))
                .map(JavaClass::getSimpleName)
                .toList();
        Map<String, List<String>> byName = named(TYPES.stream());
        byName.keySet().retainAll(nested);
        byName.values().removeIf(places -> places.size() == 1);
        assertThat(byName).isEmpty();
    }

    private static Map<String, List<String>> named(Stream<JavaClass> types) {
        return types.collect(groupingBy(JavaClass::getSimpleName, TreeMap::new, mapping(JavaClass::getName, toList())));
    }

    private static boolean isTopLevelOrPublic(JavaClass type) {
        return !type.isNestedClass() || isPublic(type);
    }

    private static boolean isPublic(JavaClass type) {
        return type.getModifiers().contains(JavaModifier.PUBLIC)
                && type.getEnclosingClass().map(TypeNamesTest::isPublic).orElse(true);
    }
}
