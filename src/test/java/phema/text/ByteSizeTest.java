package phema.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

class ByteSizeTest {
    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "17, 17",
        "17 B, 17",
        "64KB, 64000",
        "64k, 64000",
        "1kib, 1024",
        "256 MB, 256000000",
        "256MiB, 268435456",
        "5G, 5000000000",
        "5GiB, 5368709120",
        "5Gi, 5368709120",
        "1.81 MB, 1810000",
        "1.5GiB, 1610612736",
        "2TB, 2000000000000",
        "2TiB, 2199023255552"
    })
    void unitsArePowersOf1000AndThoseWithAnIOf1024(String text, long bytes) {
        assertThat(ByteSize.of(text).bytes()).isEqualTo(bytes);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "MB", "-1", "1.GB", "5 apples", "5iB", "999999999TB"})
    void whatIsNoSizeIsRefused(String text) {
        assertThatThrownBy(() -> ByteSize.of(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'" + text + "'");
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0 B",
        "999, 999 B",
        "1000, 1 kB",
        "1024, 1.02 kB",
        "23239, 23.2 kB",
        "999499, 999 kB",
        "999500, 1 MB",
        "5368709120, 5.37 GB",
        "9223372036854775807, 9220 PB"
    })
    void sizesArePrintedWithThreeDigits(long bytes, String printed) {
        assertThat(ByteSize.print(bytes)).isEqualTo(printed);
        assertThat((double) ByteSize.of(printed).bytes()).isBetween(bytes * 0.995, bytes * 1.005);
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0 B",
        "1023, 1023 B",
        "1024, 1 KiB",
        "1500, 1500 B",
        "5000, 5 kB",
        "5000000000, 5 GB",
        "5368709120, 5 GiB",
        "268435456, 256 MiB",
        "1024000, 1000 KiB",
        "9223372036854775807, 9223372036854775807 B"
    })
    void settingsArePrintedExactlyAndAsTheyWereWritten(long bytes, String printed) {
        assertThat(new ByteSize(bytes)).hasToString(printed);
        if (bytes < Long.MAX_VALUE) assertThat(ByteSize.of(printed).bytes()).isEqualTo(bytes);
    }

    record Settings(@DefaultValue("1MiB") ByteSize size) {}

    @ParameterizedTest
    @CsvSource({"5GB, 5000000000", "5GiB, 5368709120", "17, 17", ", 1048576"})
    void settingsAreReadAsOptionsAre(String value, long bytes) {
        Map<String, String> source = value == null ? Map.of() : Map.of("settings.size", value);
        Settings settings =
                new Binder(new MapConfigurationPropertySource(source)).bindOrCreate("settings", Settings.class);
        assertThat(settings.size().bytes()).isEqualTo(bytes);
    }

    @Test
    void aSettingThatIsNoSizeIsRefusedInTheSameWords() {
        Binder binder = new Binder(new MapConfigurationPropertySource(Map.of("settings.size", "5 apples")));
        assertThatThrownBy(() -> binder.bindOrCreate("settings", Settings.class))
                .rootCause()
                .hasMessageContaining("'5 apples' is not a size such as 256MiB or 5GB");
    }
}
