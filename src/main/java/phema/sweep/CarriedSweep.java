package phema.sweep;

import java.util.List;
import java.util.Map;
import phema.evaluation.Picture;

/**
 * Holds a finished sweep that a run's folder carries. It is shown, and counts nowhere.
 *
 * @param sweep without an id that the database knows
 * @param trials all done
 * @param fits models of the metric
 * @param pictures of trials, by their numbers
 */
public record CarriedSweep(Sweep sweep, List<Trial> trials, List<SweepFit> fits, Map<Integer, List<Picture>> pictures) {
    public CarriedSweep {
        trials = List.copyOf(trials);
        fits = List.copyOf(fits);
        pictures = Map.copyOf(pictures);
    }
}
