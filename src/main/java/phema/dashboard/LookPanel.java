package phema.dashboard;

import java.util.Locale;
import phema.catalog.Looking;

/** Shows how far a look at the roots is. */
record LookPanel(long percent, String words) {
    static LookPanel of(Looking looking) {
        return new LookPanel(
                looking.allFiles() == 0 ? 0 : 100 * looking.files() / looking.allFiles(),
                String.format(
                        Locale.ROOT,
                        "%,d of %,d files and %,d of %,d runs looked at%s",
                        looking.files(),
                        looking.allFiles(),
                        looking.runs(),
                        looking.allRuns(),
                        looking.left()
                                .map(left -> ", about " + Show.duration(left) + " left")
                                .orElse("")));
    }
}
