package phema.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.TypeConversionException;

/** Reads seeds as EDM2's scripts take them: {@code 0-63}, or {@code 1,2,10-20}. */
record SeedList(List<Long> seeds) {
    private static final Pattern RANGE = Pattern.compile("(\\d{1,12})(?:-(\\d{1,12}))?");
    private static final int MOST = 10_000_000;

    static SeedList parse(String text) {
        List<Long> seeds = new ArrayList<>();
        for (String word : text.split(",", -1)) {
            Matcher matcher = RANGE.matcher(word.strip());
            if (!matcher.matches())
                throw new TypeConversionException(
                        "'" + word + "' in '" + text + "' is not a seed or a range such as 0-63");
            long first = Long.parseLong(matcher.group(1));
            long last = matcher.group(2) == null ? first : Long.parseLong(matcher.group(2));
            if (last < first) throw new TypeConversionException("'" + word + "' ends before it begins");
            if (seeds.size() + last - first >= MOST)
                throw new TypeConversionException("'" + text + "' has more than " + MOST + " seeds");
            for (long seed = first; seed <= last; seed++) seeds.add(seed);
        }
        return new SeedList(seeds.stream().distinct().toList());
    }
}
