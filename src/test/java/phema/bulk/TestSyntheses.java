package phema.bulk;

import java.util.List;
import java.util.Optional;
import phema.bulk.SynthesisSpec.SynthesisTarget;
import phema.format.Format;
import phema.solver.FilesToRead;
import phema.solver.SolverKind;
import phema.tensor.DType;

/** Asks for syntheses that take long for what they are: every file is read, and what is written is twice as wide. */
public final class TestSyntheses {
    private TestSyntheses() {}

    public static SynthesisSpec wide(String run, List<SynthesisTarget> targets, int priority) {
        return new SynthesisSpec(
                run,
                targets,
                SolverKind.PAPER,
                FilesToRead.ALL,
                false,
                Optional.of(Format.SAFETENSORS),
                Optional.of(DType.F32),
                Long.MAX_VALUE,
                priority);
    }
}
