package phema.fleet;

import java.util.List;

/**
 * Tells who lives and would take some work.
 *
 * @param count how many would
 * @param others those who leave it alone
 */
public record Takers(int count, List<LeftAlone> others) {
    public Takers {
        others = List.copyOf(others);
    }
}
