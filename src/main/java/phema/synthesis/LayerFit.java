package phema.synthesis;

import phema.catalog.NamePattern;
import phema.profile.ProfileSpec;
import phema.solver.Fit;

/** Describes tensors that are averaged otherwise than the rest of their file. */
public record LayerFit(NamePattern tensors, Fit fit) {
    /** Writes it as it is asked for: {@code *attn*=power:0.05}. */
    @Override
    public String toString() {
        return tensors.text() + "=" + ProfileSpec.print(fit.target());
    }
}
