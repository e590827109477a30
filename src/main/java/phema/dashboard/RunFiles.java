package phema.dashboard;

import java.util.List;
import phema.catalog.Run;
import phema.text.ByteSize;

/**
 * Lists the files of a run.
 *
 * @param used the newest, at most {@value #MOST}
 * @param notUsed at most as many
 * @param all the number of files that are used
 * @param allNotUsed the number of those that are not
 */
record RunFiles(List<UsedFile> used, List<NotUsed> notUsed, int all, int allNotUsed) {
    /** The number of rows that a page has at most. */
    private static final int MOST = 1000;

    record UsedFile(String name, String profile, String time, String size) {}

    record NotUsed(String name, String message) {}

    static RunFiles of(Run run) {
        RunClock clock = RunClock.of(run);
        return new RunFiles(
                run.snapshots().stream()
                        .skip(Math.max(0, run.snapshots().size() - MOST))
                        .map(s -> new UsedFile(
                                s.name(),
                                RunSummary.profile(s),
                                clock.show(s.time()),
                                ByteSize.print(s.file().size())))
                        .toList(),
                run.excluded().stream()
                        .limit(MOST)
                        .map(e -> new NotUsed(e.name(), e.message()))
                        .toList(),
                run.snapshots().size(),
                run.excluded().size());
    }
}
