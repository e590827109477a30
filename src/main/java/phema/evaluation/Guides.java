package phema.evaluation;

import java.util.List;

/**
 * Names guiding networks: weights of a run.
 *
 * @param sigmaRel their EMA lengths
 * @param time where their averages end; the newest snapshot's time when empty
 */
public record Guides(String run, List<Double> sigmaRel, List<Double> time) {
    public Guides {
        sigmaRel = List.copyOf(sigmaRel);
        time = List.copyOf(time);
    }
}
