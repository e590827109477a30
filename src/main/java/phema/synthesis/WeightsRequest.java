package phema.synthesis;

import java.util.List;
import java.util.Optional;
import phema.profile.Profile;
import phema.solver.FitOptions;

/**
 * Says which weights are wanted: all that decides their bytes before a run is looked at.
 *
 * @param targets the averages, each of which is a set of weights of its own; none with {@code weights}
 * @param weights of the run's files, where these are given instead of a target
 * @param layers a pattern of tensor names and a profile each, such as {@code *attn*=power:0.05}; a profile ends where
 *     the target does
 * @param prefix that names of files begin with
 */
public record WeightsRequest(
        List<Profile> targets,
        Optional<FileWeights> weights,
        List<String> layers,
        FitOptions fit,
        OutputOptions output,
        String prefix) {
    /** The prefix of names that EDM2's reconstruction tool gives. */
    public static final String PREFIX = "phema";

    public WeightsRequest {
        targets = List.copyOf(targets);
        layers = List.copyOf(layers);
    }

    /** Asks for weights without layers, with names as EDM2's tool gives them. */
    public static WeightsRequest of(List<Profile> targets, FitOptions fit, OutputOptions output) {
        return new WeightsRequest(targets, Optional.empty(), List.of(), fit, output, PREFIX);
    }

    /** Asks for a weighted average of files. @param fit of the method that it is compared with */
    public static WeightsRequest of(FileWeights weights, FitOptions fit, OutputOptions output) {
        return new WeightsRequest(List.of(), Optional.of(weights), List.of(), fit, output, PREFIX);
    }

    public static WeightsRequest of(Profile target, FitOptions fit, OutputOptions output) {
        return of(List.of(target), fit, output);
    }

    public WeightsRequest withLayers(List<String> specs) {
        return new WeightsRequest(targets, weights, specs, fit, output, prefix);
    }

    public WeightsRequest withPrefix(String wanted) {
        return new WeightsRequest(targets, weights, layers, fit, output, wanted);
    }
}
