package phema.sweep;

import java.util.Optional;
import org.springframework.stereotype.Service;
import phema.problem.Problem;

/** Which EMA length a run's weights should have: what its user pinned, else the optimum of its latest finished sweep. */
@Service
public class Recommendations {
    public Optional<Recommendation> of(String run) {
        throw new UnsupportedOperationException();
    }

    /**
     * @param time the run's newest snapshot's when empty
     * @throws Problem when there is no such run, or it cannot have such weights
     */
    public Recommendation pin(String run, double sigmaRel, Optional<Double> time) {
        throw new UnsupportedOperationException();
    }

    /** Leaves the recommendation to sweeps again. */
    public void unpin(String run) {
        throw new UnsupportedOperationException();
    }
}
