package phema.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class CsvRowsTest {
    @Test
    void readsWhatSpreadsheetsWrite() {
        assertThat(CsvRows.parse("\uFEFFa,\"b \"\"c\"\", d\",\r\n\r\n1,\"2\n3\",x\"y\n"))
                .isEqualTo(List.of(List.of("a", "b \"c\", d", ""), List.of("1", "2\n3", "x\"y")));
        assertThat(CsvRows.parse("a,b")).isEqualTo(List.of(List.of("a", "b")));
        assertThat(CsvRows.parse("")).isEmpty();
    }

    @Test
    void aQuoteThatIsNeverClosedIsRefused() {
        assertThatThrownBy(() -> CsvRows.parse("a\n\"b\n"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("row 2 is no comma-separated values");
    }
}
