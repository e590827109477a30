package phema.cli;

import org.jspecify.annotations.Nullable;

/**
 * Says whether a gate is met.
 *
 * @param value of its metric at the best point; none where no trial reported it
 * @param standardError of the value, and of what it is compared with, together
 * @param bound as a number; none where there is nothing to compare with
 * @param against the earlier result that gave the bound; none where nothing did
 * @param withinNoise whether the bound lies within one standard error of the value
 * @param unjudged why it could not be judged; none where it was
 */
record Verdict(
        Gate gate,
        @Nullable Double value,
        @Nullable Double standardError,
        @Nullable Double bound,
        @Nullable String against,
        boolean withinNoise,
        boolean met,
        @Nullable String unjudged) {
    /** Whether there was a value, and nothing to compare it with. */
    boolean isOpen() {
        return unjudged != null && met;
    }

    /** {@code not met}, {@code within noise, which passes}: for tables. */
    String outcome() {
        if (isOpen()) return "nothing to compare with";
        String outcome = met ? "met" : "not met";
        if (against != null) outcome += ", " + bounded();
        return withinNoise ? outcome + ", within noise" : outcome;
    }

    private String bounded() {
        return "the bound " + SweepResults.number(bound) + " of " + against;
    }

    @Override
    public String toString() {
        if (unjudged != null) return "gate " + gate + " is " + (met ? "met, as " : "not met: ") + unjudged;
        String text = "gate " + gate + " is " + (met ? "met: " : "not met: ") + gate.metric() + " is "
                + SweepResults.number(value);
        if (standardError != null && standardError > 0) text += " +- " + "%.2g".formatted(standardError);
        if (against != null) text += ", and " + bounded();
        return withinNoise ? text + ", within noise" : text;
    }
}
