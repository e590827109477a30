package phema.profile;

/** What every profile asks of its parameters. */
final class Times {
    private Times() {}

    static void requirePositive(String what, double value) {
        if (!(value > 0 && value < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException(what + " must be a positive number, not " + value);
    }
}
