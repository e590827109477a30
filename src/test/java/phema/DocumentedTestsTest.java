package phema;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests that the documentation names for what it promises. */
class DocumentedTestsTest {
    private static final Pattern TEST = Pattern.compile("`([a-z]+)\\.([A-Z]\\w*(?:Test|IT))`");

    @ParameterizedTest
    @ValueSource(strings = {"docs/security.md", "docs/operations.md"})
    void exist(String page) throws IOException {
        String text = Files.readString(Path.of(page));
        List<Path> named = TEST.matcher(text)
                .results()
                .map(DocumentedTestsTest::source)
                .distinct()
                .toList();
        assertThat(named)
                .hasSizeGreaterThan(5)
                .allSatisfy(test -> assertThat(test).exists());
        // Each row of a table that says what protects from what.
        assertThat(text.lines()
                        .dropWhile(line -> !line.startsWith("## Threats") && !line.startsWith("## When"))
                        .takeWhile(line -> !line.startsWith("## What is not") && !line.startsWith("## A fleet"))
                        .filter(line -> line.startsWith("| ") && !line.endsWith("| tests |")))
                .hasSizeGreaterThan(5)
                .allSatisfy(line -> assertThat(line).containsPattern(TEST));
    }

    private static Path source(MatchResult test) {
        return Path.of("src/test/java/phema", test.group(1), test.group(2) + ".java");
    }
}
