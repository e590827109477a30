package phema.sweep;

import java.util.List;
import java.util.Optional;

/**
 * Says which EMA length a run's weights should have, and what else was found.
 *
 * @param recommended empty while nothing that was found may be taken
 * @param offered what a pin would take: of what was taken the other kind, then the latest first
 * @param doubt why it may not be what is recommended now
 * @param leftPin what was pinned for other weights of this name, as a sentence that says what to do; empty for nothing
 */
public record Advice(
        Optional<Recommendation> recommended, List<Offer> offered, Optional<String> doubt, Optional<String> leftPin) {
    /** The advice on a run while the database does not answer, and never did. */
    static final Advice UNKNOWN = new Advice(
            Optional.empty(),
            List.of(),
            Optional.of("what is recommended is not known: the database does not answer, and has to be asked first"),
            Optional.empty());

    public Advice {
        offered = List.copyOf(offered);
    }

    static Advice of(Optional<Recommendation> recommended, List<Offer> offered) {
        return new Advice(recommended, offered, Optional.empty(), Optional.empty());
    }

    Advice withLeftPin(String sentence) {
        return new Advice(recommended, offered, doubt, Optional.of(sentence));
    }

    Advice asOfBefore() {
        return new Advice(
                recommended,
                offered,
                Optional.of("the database does not answer: what is recommended is what it was before"),
                leftPin);
    }
}
