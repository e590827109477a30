package phema.cli;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import phema.api.RecommendedView;
import phema.api.RunView;
import phema.api.SweepView;
import phema.api.TrialView;
import phema.evaluation.EvaluatorView;
import phema.problem.Problem;
import phema.sweep.CarriedFile.CarriedImage;
import phema.sweep.DescriptionChange;
import phema.sweep.Measurements.Imported;
import phema.sweep.SweepSpec;

/**
 * Reaches sweeps, wherever they run: in this process or on a service. All throw {@link IOException} when the service
 * does not answer.
 */
interface SweepAccess extends AutoCloseable {
    /** The number of sweeps of a run that are looked at. */
    int MOST_SWEEPS = 1000;

    List<EvaluatorView> evaluators() throws IOException;

    /** What waits in this process's own queue, left by others; 0 where a service has it, which shows that. */
    int waiting();

    /**
     * @param maxTrials after how many that were evaluated the others are cancelled; empty for any number
     * @throws Problem when anything of it could not be run: then nothing is
     */
    SweepView create(SweepSpec spec, DescriptionChange said, Optional<Integer> maxTrials) throws IOException;

    /** Of a run, archived ones too, the newest first; the latest thousand. */
    List<SweepView> sweeps(String run) throws IOException;

    /** @throws Problem of the kind {@code UNKNOWN} when there is none */
    SweepView sweep(String id) throws IOException;

    /** By number. */
    List<TrialView> trials(String id) throws IOException;

    /** Images of a trial that are small enough to be passed on. */
    List<CarriedImage> images(String id, int trial) throws IOException;

    /** Those that changed after the sweep had this version; at most a thousand of them. */
    List<TrialView> changed(String id, long version) throws IOException;

    String csv(String id) throws IOException;

    RunView run(String name) throws IOException;

    /** What was recommended when a sweep began, as if none of these others had found anything. */
    Optional<RecommendedView> recommendedBefore(String id, Set<String> without) throws IOException;

    /** Ends it, as a limit was reached, or it could come to nothing. */
    void cancel(String id) throws IOException;

    /** Adds measurements to those of a run. @throws Problem naming the row and the column that is wrong */
    Imported add(String run, MeasuredFile file) throws IOException;

    /** Nobody waits for it any more. @return what becomes of it, and how to go on */
    String leave(String id);

    @Override
    void close();
}
