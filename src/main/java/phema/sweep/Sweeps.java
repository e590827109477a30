package phema.sweep;

import java.util.List;
import java.util.Optional;
import org.springframework.stereotype.Service;
import phema.problem.Problem;

/** Sweeps: made, watched and steered. What is asked for here is done by workers, wherever they run. */
@Service
public class Sweeps {
    /** @throws Problem when anything of it could not be run: then nothing is */
    public Sweep create(SweepSpec spec) {
        throw new UnsupportedOperationException();
    }

    /** Newest first. @param run only of this one */
    public List<Sweep> sweeps(Optional<String> run) {
        throw new UnsupportedOperationException();
    }

    /** @throws Problem when there is none */
    public Sweep sweep(String id) {
        throw new UnsupportedOperationException();
    }

    /** By number. */
    public List<Trial> trials(String id) {
        throw new UnsupportedOperationException();
    }

    /** Those that changed after the sweep had this version. */
    public List<Trial> trialsChangedAfter(String id, long version) {
        throw new UnsupportedOperationException();
    }

    public Trial trial(String id, int number) {
        throw new UnsupportedOperationException();
    }

    /** The end of what a trial's latest attempt printed. */
    public String log(String id, int number) {
        throw new UnsupportedOperationException();
    }

    /** Ends what runs and begins nothing more. */
    public Sweep cancel(String id) {
        throw new UnsupportedOperationException();
    }

    /** Begins nothing more until {@link #resume}; what runs goes on. */
    public Sweep pause(String id) {
        throw new UnsupportedOperationException();
    }

    public Sweep resume(String id) {
        throw new UnsupportedOperationException();
    }

    /** Gives failed and cancelled trials another try. */
    public Sweep retry(String id) {
        throw new UnsupportedOperationException();
    }

    /** Adds the points of this grid that the sweep lacks. @param more with the run, evaluator and metric of the sweep */
    public Sweep extend(String id, SweepSpec more) {
        throw new UnsupportedOperationException();
    }
}
