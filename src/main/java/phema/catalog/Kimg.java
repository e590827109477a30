package phema.catalog;

/** Reads training time as EDM2 writes it into file names: thousands of images, rounded down. */
public final class Kimg {
    private Kimg() {}

    /** Images seen: the least multiple of 1024 that is written as this kimg (EDM2, {@code reconstruct_phema.py}). */
    public static long toNimg(long kimg) {
        return (kimg * 1000 + 999) / 1024 * 1024;
    }

    public static long ofNimg(double nimg) {
        return (long) Math.floor(nimg / 1000);
    }
}
