package phema.http;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Names the bytes {@code first} to {@code last}, both included, counted from 0 (RFC 9110, section 14.1.2). */
record ByteRange(long first, long last) {
    /** The most ranges in a header: one that asks for more is ignored, as Apache's MaxRanges does. */
    static final int MAX_RANGES = 200;

    private static final Pattern SPEC = Pattern.compile("(\\d+)-(\\d*)|-(\\d+)");

    long length() {
        return last - first + 1;
    }

    /** As in {@code Content-Range: bytes 0-499/1234}. */
    String contentRange(long size) {
        return "bytes " + first + "-" + last + "/" + size;
    }

    /**
     * Reads a {@code Range} header field for a representation of {@code size} bytes (RFC 9110, sections 14.1.1, 14.1.2
     * and 14.2).
     *
     * @return the ranges that can be satisfied, in the order asked for; none when the answer is 416; empty when the
     *     header is to be ignored: another unit, a syntax error, more than {@link #MAX_RANGES} ranges, ranges that
     *     together exceed the representation, or an empty representation
     */
    static Optional<List<ByteRange>> parse(String header, long size) {
        int equals = header.indexOf('=');
        if (size == 0
                || equals < 0
                || !header.substring(0, equals).toLowerCase(Locale.ROOT).equals("bytes")) return Optional.empty();
        List<ByteRange> ranges = new ArrayList<>();
        int asked = 0;
        for (String element : header.substring(equals + 1).split(",", -1)) {
            String spec = element.strip();
            if (spec.isEmpty()) continue; // section 5.6.1.2: recipients accept empty list elements
            Matcher matcher = SPEC.matcher(spec);
            if (!matcher.matches() || ++asked > MAX_RANGES) return Optional.empty();
            ByteRange range;
            if (matcher.group(3) != null) {
                range = new ByteRange(Math.max(0, size - position(matcher.group(3))), size - 1);
            } else {
                long last = matcher.group(2).isEmpty() ? Long.MAX_VALUE : position(matcher.group(2));
                range = new ByteRange(position(matcher.group(1)), Math.min(last, size - 1));
                if (last < range.first) return Optional.empty();
            }
            if (range.first < size) ranges.add(range);
        }
        if (asked == 0 || exceeds(ranges, size)) return Optional.empty();
        return Optional.of(List.copyOf(ranges));
    }

    private static boolean exceeds(List<ByteRange> ranges, long size) {
        long left = size;
        for (ByteRange range : ranges) {
            if (range.length() > left) return true;
            left -= range.length();
        }
        return false;
    }

    /** A position beyond {@code long} is beyond any file. */
    private static long position(String digits) {
        try {
            return Long.parseLong(digits);
        } catch (NumberFormatException beyondLong) {
            return Long.MAX_VALUE;
        }
    }
}
