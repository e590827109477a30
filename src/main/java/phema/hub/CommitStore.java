package phema.hub;

import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.NestedRuntimeException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * Keeps the commits that were given out, in the database: what cannot be derived again once the run has more snapshots.
 */
@Component
record CommitStore(JdbcClient jdbc) {
    private static final Logger log = LoggerFactory.getLogger(CommitStore.class);

    /**
     * The mapper of this room, not that of requests: what is stored must not change with settings of the web,
     * and what a later version adds is passed over.
     */
    private static final JsonMapper JSON = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    /** A database that does not answer costs clients no more than that they cannot ask for the commit again. */
    void save(String run, String sha, RememberedStart commit) {
        try {
            jdbc.sql("insert into hub_commit (run, sha, content) values (?, ?, ?) on conflict do nothing")
                    .params(run, sha, JSON.writeValueAsString(commit))
                    .update();
        } catch (NestedRuntimeException e) {
            log.warn("Commit {} of run {} cannot be remembered: {}", sha, run, e.getMessage());
        }
    }

    Optional<RememberedStart> load(String run, String sha) {
        return jdbc.sql("select content from hub_commit where run = ? and sha = ?")
                .params(run, sha)
                .query(String.class)
                .optional()
                .map(content -> JSON.readValue(content, RememberedStart.class));
    }
}
