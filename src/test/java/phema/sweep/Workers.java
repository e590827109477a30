package phema.sweep;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import phema.PhemaApplication;
import phema.fleet.Fleet;
import phema.fleet.TakenWork;
import phema.time.Await;

/** Processes of workers, and the service that gives them work. */
final class Workers {
    private Workers() {}

    static Process start(Path log, List<String> settings) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                "phema.Phema",
                "worker"));
        command.addAll(settings);
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
    }

    /** In this process, without HTTP, and doing no work itself. */
    static ConfigurableApplicationContext service(List<String> settings) {
        return service(settings, WebApplicationType.NONE);
    }

    static ConfigurableApplicationContext service(List<String> settings, WebApplicationType type) {
        List<String> all = new ArrayList<>(settings);
        all.add("--phema.worker.enabled=false");
        return new SpringApplicationBuilder(PhemaApplication.class).web(type).run(all.toArray(String[]::new));
    }

    /** What a worker works on, as the fleet knows it. */
    static List<String> running(Fleet fleet, Process worker) {
        return fleet.workers().stream()
                .filter(w -> w.pid() == worker.pid())
                .flatMap(w -> w.running().stream())
                .map(TakenWork::instance)
                .toList();
    }

    static void await(BooleanSupplier condition) {
        Await.until(condition::getAsBoolean);
    }
}
