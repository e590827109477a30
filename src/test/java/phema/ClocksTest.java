package phema;

import static java.util.stream.Collectors.toCollection;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.ArchConfiguration;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.time.Clock;
import java.time.InstantSource;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import phema.time.Ticker;

/** Names all who look at a machine's own clocks instead of at those that they are given; benchmarks do nothing else. */
class ClocksTest {
    /** What libraries look like does not matter, and takes long to find out. */
    private static final JavaClasses MAIN = ArchConfiguration.withThreadLocalScope(configuration -> {
        configuration.setResolveMissingDependenciesFromClassPath(false);
        return new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackages("phema");
    });

    @Test
    void theTimeOfDayIsGivenToWhoAsksForIt() {
        assertThat(whoAccess(ClocksTest::isTimeOfDay))
                .containsExactlyInAnyOrder(
                        "phema.time.TimeConfiguration",
                        // A command that looks at a folder once.
                        "phema.catalog.RunScanner");
    }

    @Test
    void tickersAreGivenToWhoWaits() {
        assertThat(whoAccess(ClocksTest::isTicker))
                .containsExactlyInAnyOrder(
                        "phema.time.TimeConfiguration",
                        "phema.time.Ticker",
                        // Commands.
                        "phema.catalog.RunScanner",
                        "phema.cli.SweepCommand",
                        // File systems make themselves.
                        "phema.storage.S3FileSystem",
                        // Those that measure, and decide nothing by it.
                        "phema.cli.Progress",
                        "phema.edm2.Training",
                        "phema.sweep.TrialRunner",
                        "phema.synthesis.Engine",
                        "phema.synthesis.Fits",
                        "phema.synthesis.Limits",
                        "phema.synthesis.Workspace");
    }

    private static Set<String> whoAccess(Predicate<JavaAccess<?>> clock) {
        return MAIN.stream()
                .filter(type -> !type.getPackageName().equals("phema.bench"))
                .flatMap(type -> type.getAccessesFromSelf().stream())
                .filter(clock)
                .map(access -> access.getOriginOwner().getName().replaceAll("\\$.*", ""))
                .collect(toCollection(TreeSet::new));
    }

    private static boolean isTimeOfDay(JavaAccess<?> access) {
        String owner = access.getTargetOwner().getName();
        String name = access.getName();
        if (owner.equals(Clock.class.getName()) || owner.equals(InstantSource.class.getName()))
            return name.startsWith("system") || name.startsWith("tick");
        return owner.startsWith("java.time.") && name.equals("now")
                || owner.equals("java.lang.System") && name.equals("currentTimeMillis")
                || owner.equals("java.util.Date") && name.equals("<init>");
    }

    private static boolean isTicker(JavaAccess<?> access) {
        return access.getTargetOwner().isEquivalentTo(System.class)
                        && access.getName().equals("nanoTime")
                || access.getTargetOwner().isEquivalentTo(Ticker.class)
                        && access.getName().equals("SYSTEM");
    }
}
