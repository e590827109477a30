package phema.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import phema.RandomCase;
import phema.RandomCases;

/** The examples are those of RFC 9110, section 14.1.2, for a representation of 10000 bytes. */
class ByteRangeTest {
    @ParameterizedTest
    @CsvSource({
        "bytes=0-499, 0, 499",
        "bytes=500-999, 500, 999",
        "bytes=-500, 9500, 9999",
        "bytes=9500-, 9500, 9999",
        "bytes=0-0, 0, 0",
        "bytes=9999-20000, 9999, 9999",
        "bytes=-20000, 0, 9999",
        "BYTES=0-0, 0, 0",
        "bytes=0-99999999999999999999999, 0, 9999",
    })
    void readsASingleRange(String header, long first, long last) {
        assertThat(ByteRange.parse(header, 10_000)).contains(List.of(new ByteRange(first, last)));
    }

    @Test
    void readsSeveralRangesInTheirOrder() {
        assertThat(ByteRange.parse("bytes=0-0,-1", 10_000))
                .contains(List.of(new ByteRange(0, 0), new ByteRange(9999, 9999)));
        assertThat(ByteRange.parse("bytes= 500-600 , ,601-999,", 10_000))
                .contains(List.of(new ByteRange(500, 600), new ByteRange(601, 999)));
        assertThat(ByteRange.parse("bytes=500-700,601-999", 10_000))
                .contains(List.of(new ByteRange(500, 700), new ByteRange(601, 999)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"bytes=10000-", "bytes=10000-10001", "bytes=-0", "bytes=10000-,-0", "bytes=99999999999999999999-"
            })
    void findsNothingToSatisfy(String header) {
        assertThat(ByteRange.parse(header, 10_000)).contains(List.of());
    }

    @Test
    void dropsWhatCannotBeSatisfiedBesideWhatCan() {
        assertThat(ByteRange.parse("bytes=10000-,5-6", 10_000)).contains(List.of(new ByteRange(5, 6)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "bytes",
                "bytes=",
                "bytes=,",
                "bytes=-",
                "bytes=1",
                "bytes=2-1",
                "bytes=0-1,2-1",
                "bytes=a-b",
                "bytes=0x1-2",
                "bytes =0-1",
                "bytes=0 - 1",
                "bytes=--1",
                "bytes=+1-2",
                "bytes=0-1;2-3",
                "items=0-1",
                "bytes=0-1, items=2-3"
            })
    void ignoresWhatIsNoByteRange(String header) {
        assertThat(ByteRange.parse(header, 10_000)).isEmpty();
    }

    @Test
    void ignoresMoreRangesThanTheLimitOrMoreBytesThanTheFile() {
        String most = IntStream.range(0, ByteRange.MAX_RANGES)
                .mapToObj(i -> i + "-" + i)
                .collect(Collectors.joining(",", "bytes=", ""));
        assertThat(ByteRange.parse(most, 10_000))
                .hasValueSatisfying(r -> assertThat(r).hasSize(200));
        assertThat(ByteRange.parse(most + ",9999-9999", 10_000)).isEmpty();
        assertThat(ByteRange.parse("bytes=0-,0-0", 10_000)).isEmpty();
        assertThat(ByteRange.parse("bytes=0-4999,5000-", 10_000)).isPresent();
    }

    @Test
    void ignoresRangesOfAnEmptyFile() {
        assertThat(ByteRange.parse("bytes=0-", 0)).isEmpty();
        assertThat(ByteRange.parse("bytes=-1", 0)).isEmpty();
    }

    @RandomCases
    void staysWithinTheFile(RandomCase random) {
        long first = random.between(0, Long.MAX_VALUE);
        long last = random.between(0, Long.MAX_VALUE);
        long suffix = random.between(0, Long.MAX_VALUE);
        long size = random.between(1, Long.MAX_VALUE);
        for (String header : List.of("bytes=" + first + "-" + last, "bytes=" + first + "-", "bytes=-" + suffix)) {
            for (ByteRange range : ByteRange.parse(header, size).orElse(List.of()))
                assertThat(0 <= range.first() && range.first() <= range.last() && range.last() < size)
                        .as(header)
                        .isTrue();
        }
    }
}
