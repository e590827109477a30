package phema.profile;

/** Checks what every profile asks of its parameters. */
final class Require {
    private Require() {}

    static void positive(String what, double value) {
        if (!(value > 0 && value < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException(what + " must be a positive number, not " + value);
    }
}
