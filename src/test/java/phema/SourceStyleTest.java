package phema;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Keeps what formatters do not see: that every type says what it does, and that lines fit beside each other. */
class SourceStyleTest {
    private static final int COLUMNS = 120;

    private static final Path MAIN = Path.of("src/main/java");

    private static final Pattern TYPE = Pattern.compile(
            "(public |abstract |final |sealed |non-sealed )*(class|record|enum|interface|@interface) \\w+.*");

    /** The verb of "Reads ...", "Says ..."; "This ..." says nothing. */
    private static final Pattern VERB = Pattern.compile("(?!This\\b)[A-Z][a-z]*s\\b.*");

    /** A constant behind its javadoc, whose text begins the first group. */
    private static final Pattern CONSTANT = Pattern.compile(
            "/\\*\\*[\\s*]+((?:(?!\\*/).)*)\\*/\\s+(?:public |private |protected )?static final [\\w<>\\[\\], .?]+ ([A-Z_0-9]+)\\b",
            Pattern.DOTALL);

    @Test
    void linesFitIntoTheirColumns() throws IOException {
        List<String> tooLong = new ArrayList<>();
        for (Path file : sources()) {
            List<String> lines = Files.readAllLines(file);
            for (int line : tooLong(lines)) tooLong.add(MAIN.relativize(file) + ":" + line);
        }
        assertThat(tooLong).isEmpty();
    }

    @Test
    void theJavadocOfATypeBeginsWithWhatTheTypeDoes() throws IOException {
        List<Path> sources = sources();
        assertThat(sources).hasSizeGreaterThan(400);
        List<String> others = new ArrayList<>();
        for (Path file : sources) {
            String begin = javadoc(Files.readAllLines(file)).orElse("(none)");
            if (!VERB.matcher(begin).matches()) others.add(MAIN.relativize(file) + ": " + begin);
        }
        assertThat(others).isEmpty();
    }

    @Test
    void theJavadocOfAConstantBeginsWithThe() throws IOException {
        List<String> others = new ArrayList<>();
        for (Path file : sources())
            CONSTANT.matcher(Files.readString(file))
                    .results()
                    .filter(constant -> !constant.group(1).startsWith("The "))
                    .forEach(constant -> others.add(MAIN.relativize(file) + ": " + constant.group(2)));
        assertThat(others).isEmpty();
    }

    @Test
    void textBlocksMayBeWiderThanCodeBesideThem() {
        String wide = "x".repeat(COLUMNS + 1);
        assertThat(tooLong(List.of(wide, "\"\"\"", wide, "\"\"\"", wide))).containsExactly(1, 5);
        assertThat(tooLong(List.of("\"\"\"", "\"\"\"" + wide))).containsExactly(2);
        assertThat(tooLong(List.of("x".repeat(COLUMNS)))).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            /** Reads files. */;@Component;final class A {  | true
            /**;* Reads files.;*/;public record A() {        | true
            /** A reader. */;class A {                       | false
            /** This reads files. */;class A {               | false
            /** @param a is one */;record A(int a) {         | false
            class A {;/** Reads files. */;void read() {}      | false
            """)
    void onlyAVerbInTheThirdPersonWillDo(String source, boolean fits) {
        Optional<String> begin = javadoc(List.of(source.split(";")));
        assertThat(begin.filter(text -> VERB.matcher(text).matches()).isPresent())
                .isEqualTo(fits);
    }

    /** Without the pages of rooms, whose annotations list other rooms in one line. */
    private static List<Path> sources() throws IOException {
        try (Stream<Path> files = Files.walk(MAIN)) {
            return files.filter(file -> file.toString().endsWith(".java"))
                    .filter(file -> !file.endsWith("package-info.java"))
                    .sorted()
                    .toList();
        }
    }

    /** Counted from 1; a line that ends a text block is code. */
    private static List<Integer> tooLong(List<String> lines) {
        List<Integer> tooLong = new ArrayList<>();
        boolean inText = false;
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            boolean turns = line.split("\"\"\"", -1).length % 2 == 0;
            if (line.length() > COLUMNS && (!inText || turns)) tooLong.add(i + 1);
            if (turns) inText = !inText;
        }
        return tooLong;
    }

    /** The first line of text in the javadoc of a file's first type. */
    private static Optional<String> javadoc(List<String> lines) {
        Optional<String> begin = Optional.empty();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            if (TYPE.matcher(line).matches()) return begin;
            if (line.startsWith("/**")) {
                String text = line.length() > 3 ? line : lines.get(i + 1);
                begin = Optional.of(text.replaceFirst("^[/* ]+", ""));
            }
        }
        return begin;
    }
}
