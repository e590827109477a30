package phema.hub;

import static java.util.stream.Collectors.joining;

import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.springframework.stereotype.Component;
import phema.catalog.Catalog;
import phema.catalog.Run;
import phema.problem.Problem;

/** Finds the runs of the catalog by the names of their repositories. */
@Component
record Repositories(Catalog catalog, HubConfiguration.HubProperties settings) {
    /** The owner of all repositories; another one may be configured beside it. */
    private static final String OWNER = "phema";

    /** The names that huggingface_hub asks for; it refuses others itself. */
    private static final Pattern TAKEN = Pattern.compile("[\\p{L}\\p{N}_](?:[\\p{L}\\p{N}_.-]{0,94}[\\p{L}\\p{N}_])?");

    /** @throws HubError when there is none of this name */
    Run run(String owner, String name) {
        try {
            Run run = catalog.run(name);
            if (owners(run).anyMatch(owner::equals)) return run;
            throw HubError.noRepository("No repository is named " + owner + "/" + name + "; the run's is " + name(run));
        } catch (Problem unknown) {
            List<Run> runs = all();
            throw HubError.noRepository("No repository is named " + owner + "/" + name + "; there "
                    + (runs.isEmpty()
                            ? "are none below phema.roots"
                            : "is " + runs.stream().limit(10).map(this::name).collect(joining(", "))
                                    + (runs.size() > 10 ? ", ..." : "")));
        }
    }

    /** What to say to who names a run without an owner. */
    HubError withoutOwner(String name) {
        return HubError.noRepository(catalog.runs().stream()
                .filter(run -> run.name().equals(name))
                .findFirst()
                .map(run -> "Repositories are named by owner and run: " + name(run) + ", not " + name)
                .orElseGet(() ->
                        "Repositories are named by owner and run, as " + OWNER + "/demo, and no run is named " + name));
    }

    /** Those whose names clients take: of others they would only learn when they ask for them. */
    List<Run> all() {
        return catalog.runs().stream().filter(run -> isTaken(run.name())).toList();
    }

    private static boolean isTaken(String name) {
        return TAKEN.matcher(name).matches() && !name.contains("--") && !name.contains("..") && !name.endsWith(".git");
    }

    /** Returns the name that says most: with the owner that the run's manifest or the service's configuration names. */
    String name(Run run) {
        return owners(run).findFirst().orElseThrow() + "/" + run.name();
    }

    private Stream<String> owners(Run run) {
        return Stream.of(run.publication().owner().stream(), settings.owner().stream(), Stream.of(OWNER))
                .flatMap(owner -> owner);
    }
}
