package phema.dashboard;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.springframework.web.util.UriComponentsBuilder;
import phema.text.Labels;

/**
 * Says which runs the start page shows, as its address has it.
 *
 * @param words that names must hold, in any order
 * @param page counted from 0
 */
record RunsQuery(String words, RunsOrder order, RunsFilter show, int page) {
    /** What runs are sorted by. */
    enum RunsOrder {
        NAME("Run", "ascending"),
        /** The run whose newest snapshot was written last first. */
        NEWEST("Newest snapshot", "descending"),
        /** Of each metric, metrics by name, the best first. */
        METRIC("Best metric", "other"),
        /** What wants a look first. */
        STATE("Last sweep", "other");

        private final String title;
        private final String direction;

        RunsOrder(String title, String direction) {
            this.title = title;
            this.direction = direction;
        }

        /** As {@code aria-sort} has it. */
        String direction() {
            return direction;
        }

        String title() {
            return title;
        }
    }

    /** Which runs. */
    enum RunsFilter {
        ALL("all"),
        ATTENTION("those that need attention"),
        LEFT_OUT("files left out"),
        SUSPICIOUS("suspicious files"),
        FAILED("last sweep with failed trials"),
        STUCK("last sweep waits for a worker");

        private final String title;

        RunsFilter(String title) {
            this.title = title;
        }

        String title() {
            return title;
        }
    }

    /** The runs that are shown where nothing else is asked for. */
    static final RunsQuery ALL = new RunsQuery("", RunsOrder.NAME, RunsFilter.ALL, 0);

    private static final String WORDS = "q";
    private static final String ORDER = "sort";
    private static final String SHOW = "show";
    private static final String PAGE = "page";

    private static final int LONGEST = 200;

    /** @param fields of an address; those that others put there count for nothing */
    static RunsQuery of(Map<String, String> fields) {
        String words = fields.getOrDefault(WORDS, "").strip();
        return new RunsQuery(
                words.substring(0, Math.min(words.length(), LONGEST)),
                choice(ORDER, fields, RunsOrder.NAME, RunsOrder.values()),
                choice(SHOW, fields, RunsFilter.ALL, RunsFilter.values()),
                page(fields.getOrDefault(PAGE, "")));
    }

    /** Whether an address asks for something, be it what everybody gets. */
    static boolean isAsked(Map<String, String> fields) {
        return List.of(WORDS, ORDER, SHOW, PAGE).stream().anyMatch(fields::containsKey);
    }

    private static <E extends Enum<E>> E choice(String field, Map<String, String> fields, E usual, E[] all) {
        String word = fields.getOrDefault(field, "");
        return word.isEmpty() ? usual : Labels.parse(field, word, Arrays.asList(all));
    }

    private static int page(String text) {
        return text.matches("\\d{1,6}") ? Integer.parseInt(text) : 0;
    }

    RunsQuery sortedBy(RunsOrder other) {
        return new RunsQuery(words, other, show, 0);
    }

    RunsQuery onPage(int other) {
        return new RunsQuery(words, order, show, other);
    }

    /** Whether a run's name holds all words, whatever their case. */
    boolean matches(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return Arrays.stream(words.toLowerCase(Locale.ROOT).split("\\s+")).allMatch(lower::contains);
    }

    /** As the start page's address has it; always one that asks. */
    String query() {
        UriComponentsBuilder address = UriComponentsBuilder.newInstance().queryParam(ORDER, Labels.of(order));
        if (!words.isEmpty()) address.queryParam(WORDS, "{words}");
        if (show != RunsFilter.ALL) address.queryParam(SHOW, Labels.of(show));
        if (page > 0) address.queryParam(PAGE, page);
        return words.isEmpty()
                ? address.encode().toUriString()
                : address.encode().buildAndExpand(words).toUriString();
    }
}
