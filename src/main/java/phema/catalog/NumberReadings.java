package phema.catalog;

import static java.util.Comparator.comparing;
import static java.util.Comparator.comparingInt;
import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toList;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Weighs which of the numbers in names is their time, where only numbers differ. A time has another value in each name;
 * of several such numbers it is the one that is called a step, or that the files state.
 */
final class NumberReadings {
    private static final Pattern NUMBER = Pattern.compile("\\d+");

    /** The words before the number of steps in a name. */
    private static final Pattern STEP =
            Pattern.compile("(?:.*[^a-z])?(?:step|iter|iteration|ba|updates?)s?[-_=]?", Pattern.CASE_INSENSITIVE);

    /** The form of dates, and of seconds or milliseconds since 1970. */
    private static final Pattern STAMP = Pattern.compile("20\\d{6}(?:\\d{4,6})?|1[5-9]\\d{8}(?:\\d{3})?");

    /** The form of a date with the time of day. */
    private static final Pattern CLOCK_TIME =
            Pattern.compile("20\\d\\d-?\\d\\d-?\\d\\d[-_+T]\\d\\d[-.]?\\d\\d(?:[-.]?\\d\\d)?(?:\\+\\d\\d)?");

    /** The words and numbers of one of several files of a checkpoint. */
    private static final Pattern PIECE =
            Pattern.compile("(?<![a-z])(rank|shard|part|layer)[-_]?\\d+", Pattern.CASE_INSENSITIVE);

    /** The form of a number with an exponent, of which neither part is a time. */
    private static final Pattern EXPONENTIAL = Pattern.compile("\\d+(?:[eE][-+]|\\.\\d+[eE])\\d+");

    private static final int MOST_DIGITS = 15;

    /** The most stars that {@link NamePattern} takes. */
    private static final int STARS = 4;

    private static final Pattern TWO_STARS = Pattern.compile("\\*[^*{}]*\\*");

    /**
     * Lines of a manifest that take one of the numbers for the time.
     *
     * @param files of how many times it has files
     */
    record Reading(String pattern, int files) {}

    private final List<String> names;
    private final List<List<MatchResult>> numbers;

    /** The columns of numbers that differ, and those of them that may be times, the likeliest first. */
    private final List<Integer> differing;

    private final List<Integer> times;

    private NumberReadings(List<String> names) {
        this.names = names;
        numbers = names.stream()
                .map(name -> NUMBER.matcher(name).results().toList())
                .toList();
        differing = IntStream.range(0, numbers.getFirst().size())
                .filter(column -> names.size() == 1
                        || distinct(column) > 1
                        || isOneWith(column, column + 1) && distinct(column + 1) > 1
                        || isOneWith(column - 1, column) && distinct(column - 1) > 1)
                .boxed()
                .toList();
        times = differing.stream()
                .filter(this::mayBeTime)
                .sorted(comparing((Integer column) -> distinct(column) < names.size())
                        .thenComparing(column -> !isStep(column))
                        .thenComparing(this::isStamp)
                        .thenComparing(comparingInt(this::distinct).reversed())
                        .thenComparing(Comparator.reverseOrder()))
                .toList();
    }

    /** @param names of which the most that are alike but for numbers count; one at least */
    static NumberReadings of(Collection<String> names) {
        Map<String, List<String>> alike = names.stream().collect(groupingBy(LeftOut::shape, TreeMap::new, toList()));
        return new NumberReadings(
                alike.values().stream().max(comparingInt(List::size)).orElseThrow());
    }

    /** How many names there are that differ in numbers only. */
    int size() {
        return names.size();
    }

    /** The last of them. */
    String last() {
        return names.getLast();
    }

    private String text(int name, int column) {
        return numbers.get(name).get(column).group();
    }

    private int distinct(int column) {
        return (int) IntStream.range(0, names.size())
                .mapToObj(name -> text(name, column))
                .distinct()
                .count();
    }

    /** Whether two columns are the parts of numbers with a point. */
    private boolean isOneWith(int column, int next) {
        return column >= 0
                && next < numbers.getFirst().size()
                && IntStream.range(0, names.size())
                        .allMatch(name -> isPoint(
                                        names.get(name),
                                        numbers.get(name).get(column).end())
                                && numbers.get(name).get(column).end() + 1
                                        == numbers.get(name).get(next).start());
    }

    private boolean isStep(int column) {
        String name = names.getFirst();
        MatchResult number = numbers.getFirst().get(column);
        return STEP.matcher(name.substring(0, number.start())).matches()
                || NamedNumber.inFile(name).stream()
                        .anyMatch(one -> one.counts() && !one.countsEpochs() && one.start() == number.start());
    }

    private boolean isStamp(int column) {
        return IntStream.range(0, names.size()).allMatch(name -> isStamp(text(name, column)));
    }

    /** Whether a number is a date, or the time of a clock. */
    static boolean isStamp(String number) {
        return STAMP.matcher(number).matches();
    }

    /** Whether a file seems to hold a piece of a checkpoint, by a word in its name. */
    static boolean isPiece(String name) {
        return PIECE.matcher(name).find();
    }

    /** The name without what says which piece it is. */
    static String withoutPiece(String name) {
        return PIECE.matcher(name).replaceAll("$1");
    }

    /** Whether the numbers are whole, none of a time of day, and nothing that was measured. */
    private boolean mayBeTime(int column) {
        return IntStream.range(0, names.size()).allMatch(i -> {
            String name = names.get(i);
            MatchResult number = numbers.get(i).get(column);
            return number.group().length() <= MOST_DIGITS
                    && !(number.start() > 1 && isPoint(name, number.start() - 1))
                    && !isPoint(name, number.end())
                    && Stream.of(CLOCK_TIME, EXPONENTIAL)
                            .flatMap(form -> form.matcher(name).results())
                            .noneMatch(other -> other.start() <= number.start() && number.end() <= other.end())
                    && NamedNumber.inFile(name).stream()
                            .noneMatch(one ->
                                    one.measures() && one.start() <= number.start() && number.end() <= one.end());
        });
    }

    private static boolean isPoint(String name, int at) {
        return at > 0
                && at + 1 < name.length()
                && ".,".indexOf(name.charAt(at)) >= 0
                && Character.isDigit(name.charAt(at - 1))
                && Character.isDigit(name.charAt(at + 1));
    }

    /** What a manifest may say, the likeliest first; none where no number can be a time. */
    List<Reading> readings() {
        List<Reading> readings = new ArrayList<>();
        for (int column : times) {
            boolean all = distinct(column) == names.size();
            if (!all && !readings.isEmpty() && readings.getFirst().files() == names.size()) break;
            if (!all) readings.add(within(column));
            else readings.add(new Reading(pattern(0, column, differing), names.size()));
            if (isStep(column)) break;
        }
        return readings;
    }

    /** A reading of the most files that have the same other numbers, where all together have files of one time. */
    private Reading within(int column) {
        List<Integer> others = times.stream().filter(other -> other != column).toList();
        Map<List<String>, List<Integer>> groups = IntStream.range(0, names.size())
                .boxed()
                .collect(groupingBy(
                        name -> others.stream().map(other -> text(name, other)).toList()));
        List<Integer> most = groups.values().stream()
                .max(comparingInt((List<Integer> group) -> group.size())
                        .thenComparing(List::getFirst, Comparator.reverseOrder()))
                .orElseThrow();
        List<Integer> free =
                differing.stream().filter(other -> !others.contains(other)).toList();
        return new Reading(pattern(most.getFirst(), column, free), most.size());
    }

    /** @param free columns of which any number will do */
    private String pattern(int name, int time, Collection<Integer> free) {
        StringBuilder pattern = new StringBuilder(names.get(name));
        for (int column : List.copyOf(free).reversed()) {
            MatchResult number = numbers.get(name).get(column);
            pattern.replace(number.start(), number.end(), column == time ? "{time}" : "*");
        }
        String text = pattern.toString().replace("*.*", "*");
        while (text.chars().filter(c -> c == '*').count() > STARS)
            text = TWO_STARS.matcher(text).replaceFirst("*");
        return text;
    }

    /**
     * The names by the number that the files state to be their step, or else their epoch; empty where they state none,
     * or none that is another in each.
     *
     * @param stated the metadata of a file
     */
    Optional<List<NumberedName>> stated(Function<String, Map<String, String>> stated) {
        if (names.size() < 2) return Optional.empty();
        Map<String, Map<String, String>> read = new HashMap<>();
        for (boolean steps : new boolean[] {true, false})
            for (int column : times) {
                if (distinct(column) < names.size()) continue;
                List<Integer> order = IntStream.range(0, names.size())
                        .boxed()
                        .sorted(comparing(name -> Long.parseLong(text(name, column))))
                        .toList();
                Set<Long> apart = new HashSet<>();
                for (int name : List.of(order.getFirst(), order.get(order.size() / 2), order.getLast())) {
                    Map<String, String> metadata = read.computeIfAbsent(names.get(name), stated);
                    apart.add(StatedTimes.counted(metadata, steps)
                            .map(number -> number - Long.parseLong(text(name, column)))
                            .orElse(Long.MAX_VALUE));
                }
                if (apart.equals(Set.of(0L)) || apart.equals(Set.of(1L)))
                    return Optional.of(numbered(column, steps ? "step" : "epoch"));
            }
        return Optional.empty();
    }

    private List<NumberedName> numbered(int column, String counted) {
        return IntStream.range(0, names.size())
                .mapToObj(name -> {
                    String pattern = pattern(name, column, differing);
                    int time = pattern.indexOf("{time}");
                    String end = pattern.substring(time + "{time}".length());
                    return new NumberedName(
                            names.get(name),
                            pattern.substring(0, time).replace('*', 'N'),
                            NumberedName.stem(end.isEmpty() ? "" : "x" + end)
                                    .map(stem -> stem.substring(1))
                                    .orElse("")
                                    .replace('*', 'N'),
                            counted,
                            Long.parseLong(text(name, column)),
                            pattern);
                })
                .toList();
    }

    /** How many names there are of each. */
    static Map<String, Long> counts(Collection<String> names) {
        return names.stream().collect(groupingBy(LeftOut::shape, TreeMap::new, counting()));
    }

    /**
     * A number that begins anew whenever another one grows.
     *
     * @param before the last name of one epoch; {@code after} the first of the next, at {@code step} of it
     * @param pattern of the last name of each epoch, of which there are {@code files}
     * @param length the last number within an epoch
     */
    record Anew(String before, String after, long step, String pattern, int files, long length) {}

    /** Whether steps are counted anew in each epoch, so that no number is the time. */
    static Optional<Anew> anew(Collection<String> names, Function<String, List<NamedNumber>> numbers) {
        record Named(String name, NamedNumber epochAt, NamedNumber stepAt, long epoch, long step) {}
        List<Named> all = new ArrayList<>();
        for (String name : names) {
            List<NamedNumber> known = numbers.apply(name);
            Optional<NamedNumber> epoch =
                    known.stream().filter(NamedNumber::countsEpochs).findFirst();
            Optional<NamedNumber> step = known.stream()
                    .filter(one -> one.counts() && !one.countsEpochs())
                    .findFirst();
            if (epoch.isEmpty() || step.isEmpty()) return Optional.empty();
            ToLongFunction<NamedNumber> value = one -> NamedNumber.value(name.substring(one.start(), one.end()));
            all.add(new Named(
                    name, epoch.get(), step.get(), value.applyAsLong(epoch.get()), value.applyAsLong(step.get())));
        }
        all.sort(Comparator.comparingLong(Named::epoch).thenComparingLong(Named::step));
        List<Named> last = new ArrayList<>();
        Optional<Named> later = Optional.empty();
        Optional<Named> earlier = Optional.empty();
        for (int i = 0; i < all.size(); i++) {
            boolean ends =
                    i == all.size() - 1 || all.get(i + 1).epoch() > all.get(i).epoch();
            if (ends) last.add(all.get(i));
            if (later.isEmpty()
                    && ends
                    && i < all.size() - 1
                    && all.get(i + 1).step() < all.get(i).step()) {
                earlier = Optional.of(all.get(i));
                later = Optional.of(all.get(i + 1));
            }
        }
        if (later.isEmpty()) return Optional.empty();
        Map<Long, List<Named>> byStep = last.stream().collect(groupingBy(Named::step, TreeMap::new, toList()));
        List<Named> most =
                byStep.values().stream().max(comparingInt(List::size)).orElseThrow();
        Named example = most.getFirst();
        StringBuilder pattern = new StringBuilder(example.name());
        for (NamedNumber one : numbers.apply(example.name()).reversed())
            if (one.measures() || one.equals(example.epochAt()))
                pattern.replace(one.start(), one.end(), one.measures() ? "*" : "{time}");
        return Optional.of(new Anew(
                earlier.get().name(),
                later.get().name(),
                later.get().step(),
                pattern.toString(),
                most.size(),
                example.step()));
    }
}
