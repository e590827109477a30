package phema;

/** The entry point of every command. */
public final class Phema {
    private Phema() {}

    public static void main(String[] args) {
        System.out.println("phema " + Runtime.version());
    }
}
