package phema.dashboard;

import java.util.List;
import phema.catalog.Run;
import phema.text.ByteSize;

/** Lists the files of a run. */
record RunFiles(List<UsedFile> used, List<NotUsed> notUsed) {
    record UsedFile(String name, String profile, String time, String size) {}

    record NotUsed(String name, String message) {}

    static RunFiles of(Run run) {
        RunClock clock = RunClock.of(run);
        return new RunFiles(
                run.snapshots().stream()
                        .map(s -> new UsedFile(
                                s.name(),
                                RunSummary.profile(s),
                                clock.show(s.time()),
                                ByteSize.print(s.file().size())))
                        .toList(),
                run.excluded().stream()
                        .map(e -> new NotUsed(e.name(), e.message()))
                        .toList());
    }
}
