package phema.sweep;

import java.util.List;
import org.springframework.stereotype.Service;
import phema.problem.Problem;

/** Syntheses of many targets to storage, in one pass over the snapshots, by whichever worker has time. */
@Service
public class SynthesisJobs {
    /** @throws Problem when it cannot be done */
    public SynthesisJob create(SynthesisSpec spec) {
        throw new UnsupportedOperationException();
    }

    /** Newest first. */
    public List<SynthesisJob> jobs() {
        throw new UnsupportedOperationException();
    }

    /** @throws Problem when there is none */
    public SynthesisJob job(String id) {
        throw new UnsupportedOperationException();
    }

    /** Ends it if it has not ended, and deletes its files. */
    public void delete(String id) {
        throw new UnsupportedOperationException();
    }
}
