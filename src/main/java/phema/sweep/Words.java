package phema.sweep;

import java.util.Locale;

/** Choices as users read and write them. */
final class Words {
    private Words() {}

    static String of(Enum<?> choice) {
        return choice.name().toLowerCase(Locale.ROOT);
    }
}
