package phema.catalog;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Holds the numbers of a sample until they are kept elsewhere, as there may be thousands of them for each file. */
final class SampledNumbers {
    /** Where they are kept. */
    interface Elsewhere {
        /** Empty where they are not there, or cannot be had now: then they are read again. */
        Optional<SampledElements> read();
    }

    private volatile @Nullable SampledElements here;
    private volatile @Nullable Elsewhere elsewhere;

    private SampledNumbers(@Nullable SampledElements here, @Nullable Elsewhere elsewhere) {
        this.here = here;
        this.elsewhere = elsewhere;
    }

    static SampledNumbers of(SampledElements here) {
        return new SampledNumbers(here, null);
    }

    static SampledNumbers of(Elsewhere elsewhere) {
        return new SampledNumbers(null, elsewhere);
    }

    /** From now on they are had from there. */
    void moveTo(Elsewhere other) {
        elsewhere = other;
        here = null;
    }

    /** Those that are still here and nowhere else. */
    Optional<SampledElements> here() {
        return Optional.ofNullable(here);
    }

    Optional<SampledElements> read() {
        @Nullable SampledElements now = here;
        if (now != null) return Optional.of(now);
        @Nullable Elsewhere other = elsewhere;
        return other == null ? Optional.empty() : other.read();
    }
}
