package phema.tensor;

/** Rounds values of images to what image files can hold. */
public final class PixelLevel {
    private PixelLevel() {}

    /** The level, 0 to 255, that stands for a value of -1 (black) to 1 (white). */
    public static int of(float value) {
        return (int) Math.clamp(Math.rint(value * 127.5 + 127.5), 0, 255);
    }
}
