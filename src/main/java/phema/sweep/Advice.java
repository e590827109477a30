package phema.sweep;

import java.util.List;
import java.util.Optional;

/**
 * Says which EMA length a run's weights should have, and what else was found.
 *
 * @param recommended empty while nothing that was found may be taken
 * @param offered what a pin would take: of what was taken the other kind, then the latest first
 */
public record Advice(Optional<Recommendation> recommended, List<Offer> offered) {
    public Advice {
        offered = List.copyOf(offered);
    }
}
