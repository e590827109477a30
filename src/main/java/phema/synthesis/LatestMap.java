package phema.synthesis;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** Keeps the entries that were used last. */
final class LatestMap<K, V> extends LinkedHashMap<K, V> {
    private static final long serialVersionUID = 1L;

    private final int most;

    private LatestMap(int most) {
        super(16, 0.75f, true);
        this.most = most;
    }

    /** An empty one, safe for use by many threads. @param most entries */
    static <K, V> Map<K, V> of(int most) {
        return Collections.synchronizedMap(new LatestMap<>(most));
    }

    @Override
    protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
        return size() > most;
    }
}
