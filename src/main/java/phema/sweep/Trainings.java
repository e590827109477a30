package phema.sweep;

import java.lang.ref.WeakReference;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import phema.catalog.Catalog;
import phema.catalog.Run;
import phema.digest.Digest;
import phema.text.StoredJson;

/**
 * Tells whether what was said of a run was said of the weights that it has now: a run that is trained again may have
 * the same name. What tells them, {@link Witnesses}, is kept in the table {@code training}, each but once.
 */
@Component
class Trainings {
    /** The number of those in memory, of each kind. */
    private static final int MOST_KEPT = 256;

    private static final int DIGITS = 32;

    private final JdbcClient jdbc;
    private final Catalog catalog;

    /** By id, those asked for last. They never change. */
    private final Map<String, Witnesses> kept = lately();

    /** What was found out last, as runs may have many thousands of files. */
    private final Map<Asked, Answer> answers = lately();

    private record Asked(String run, Witnesses then) {}

    /** @param runs that it holds for, as they were: they are large, and not kept for it */
    private record Answer(List<WeakReference<Run>> runs, Optional<String> difference) {
        static Answer of(List<Run> runs, Optional<String> difference) {
            return new Answer(runs.stream().map(WeakReference::new).toList(), difference);
        }

        boolean isOf(List<Run> now) {
            return runs.size() == now.size()
                    && IntStream.range(0, now.size()).allMatch(i -> runs.get(i).refersTo(now.get(i)));
        }
    }

    private static <K, V> Map<K, V> lately() {
        return Collections.synchronizedMap(new LinkedHashMap<>(16, 0.75f, true) {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
                return size() > MOST_KEPT;
            }
        });
    }

    Trainings(JdbcClient jdbc, Catalog catalog) {
        this.jdbc = jdbc;
        this.catalog = catalog;
    }

    /** Notes them, unless they are known. @return their id */
    String note(Witnesses files) {
        String json = StoredJson.write(files);
        String id = Digest.sha256().add(json).hex(DIGITS);
        jdbc.sql("insert into training (id, files) values (?, ?) on conflict (id) do nothing")
                .params(id, json)
                .update();
        return id;
    }

    /** By id, with one query for all that are not in memory. */
    Map<String, Witnesses> all(Collection<String> ids) {
        Map<String, Witnesses> found = new HashMap<>();
        Set<String> others = new TreeSet<>();
        for (String id : ids) {
            @Nullable Witnesses known = kept.get(id);
            if (known == null) others.add(id);
            else found.put(id, known);
        }
        if (others.isEmpty()) return found;
        jdbc.sql("select id, files from training where id in (:ids)")
                .param("ids", others)
                .query(row -> {
                    found.put(row.getString("id"), StoredJson.read(row.getString("files"), Witnesses.class));
                });
        for (String id : others) {
            @Nullable Witnesses read = found.get(id);
            if (read != null) kept.put(id, read);
        }
        return found;
    }

    /**
     * How the run's weights differ from those of then, in words that end a sentence; empty where they do not, or
     * nobody knows.
     */
    Optional<String> difference(String run, Witnesses then) {
        Optional<Run> own = catalog.known(run);
        // What cannot be seen for now, as while it is copied, says nothing.
        if (own.isEmpty() || own.get().snapshots().isEmpty()) return Optional.empty();
        List<Run> runs = then.runs().stream()
                .sorted()
                .flatMap(name -> catalog.known(name).stream())
                .toList();
        Asked asked = new Asked(run, then);
        @Nullable Answer known = answers.get(asked);
        if (known != null && known.isOf(runs)) return known.difference();
        Optional<String> difference = difference(run, then, then.in(runs));
        answers.put(asked, Answer.of(runs, difference));
        return difference;
    }

    private static Optional<String> difference(String run, Witnesses then, Witnesses now) {
        if (then.hasAny(run) && !now.hasAny(run)) return Optional.of("none of the files of then is there");
        return then.replaced(now)
                .map(file -> "its file " + file + " is another than then")
                .or(() -> then.takenOtherwise(now, "now", "then"));
    }
}
