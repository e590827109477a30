package phema.fleet;

import com.github.kagkarlsson.scheduler.SchedulerName;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.springframework.boot.info.BuildProperties;
import org.springframework.stereotype.Component;

/** Describes this process, as the fleet knows it. */
@Component
public final class WorkerIdentity implements SchedulerName {
    private final String host = hostName();
    private final long pid = ProcessHandle.current().pid();
    private final Instant since;
    private final String version;
    /** Stays unique after a restart in a container, where everything has pid 1. */
    private final String name = String.format(
            Locale.ROOT, "%s:%d:%04x", host, pid, ThreadLocalRandom.current().nextInt(1 << 16));

    /** @param build as Maven noted it, if it did */
    WorkerIdentity(InstantSource clock, Optional<BuildProperties> build) {
        since = clock.instant();
        version = build.map(BuildProperties::getVersion).orElse("");
    }

    @Override
    public String getName() {
        return name;
    }

    public String host() {
        return host;
    }

    long pid() {
        return pid;
    }

    Instant since() {
        return since;
    }

    String version() {
        return version;
    }

    private static String hostName() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "localhost";
        }
    }
}
