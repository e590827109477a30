package phema.evaluation;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Takes the images that an evaluation leaves, as many as are kept. */
public final class Pictures {
    private final int most;
    private final Map<String, Picture> taken = new LinkedHashMap<>();

    /** @param most how many are kept: none at 0 */
    public Pictures(int most) {
        this.most = most;
    }

    int most() {
        return most;
    }

    boolean wantsMore() {
        return taken.size() < most;
    }

    /** Of two with one name, the first counts. */
    void add(Picture picture) {
        if (wantsMore()) taken.putIfAbsent(picture.name(), picture);
    }

    /** In the order in which they came. */
    public Collection<Picture> all() {
        return List.copyOf(taken.values());
    }
}
