package phema.bulk;

import java.util.List;
import java.util.Optional;
import phema.format.Format;
import phema.profile.Profile;
import phema.profile.ProfileSpec;
import phema.solver.FilesToRead;
import phema.solver.FitOptions;
import phema.solver.SolverKind;
import phema.synthesis.OutputOptions;
import phema.synthesis.WeightsRequest;
import phema.tensor.DType;

/**
 * Describes weights that are written to storage.
 *
 * @param targets one file, or set of shards, each
 * @param format of the weights alone; as the run's files when empty
 * @param dtype of the tensors; as they are in the snapshots when empty
 * @param shardSize most bytes of tensors in a file, for formats that know shards
 */
public record SynthesisSpec(
        String run,
        List<SynthesisTarget> targets,
        SolverKind solver,
        FilesToRead files,
        boolean laterFiles,
        Optional<Format> format,
        Optional<DType> dtype,
        long shardSize,
        int priority) {
    /** A profile, as {@link ProfileSpec} writes it, and where it ends. */
    public record SynthesisTarget(String profile, double time) {
        public static SynthesisTarget of(Profile profile) {
            return new SynthesisTarget(ProfileSpec.print(profile), profile.endTime());
        }

        Profile parsed() {
            return ProfileSpec.parse(profile, time);
        }
    }

    public SynthesisSpec {
        targets = List.copyOf(targets);
    }

    WeightsRequest request() {
        FitOptions options = FitOptions.of(solver, files);
        return WeightsRequest.of(
                targets.stream().map(SynthesisTarget::parsed).toList(),
                laterFiles ? options.withLaterFiles() : options,
                OutputOptions.onDisk(format, dtype, shardSize));
    }
}
