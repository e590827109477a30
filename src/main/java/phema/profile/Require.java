package phema.profile;

/** Checks what every profile asks of its parameters. */
final class Require {
    private Require() {}

    static void window(double window, double endTime) {
        positive("the end time", endTime);
        if (!(window > 0 && window <= endTime))
            throw new IllegalArgumentException(
                    "the window must lie in (0, " + endTime + "], the end time, not " + window);
    }

    static void positive(String what, double value) {
        if (!(value > 0 && value < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException(what + " must be a positive number, not " + value);
    }
}
