package phema.text;

import java.util.Locale;

/** Choices as users read and write them. */
public final class Labels {
    private Labels() {}

    public static String of(Enum<?> choice) {
        return choice.name().toLowerCase(Locale.ROOT);
    }
}
