package phema.catalog;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Says how a run looks as a model repository of the Hugging Face Hub protocol: the section {@code hub} of its manifest.
 *
 * @param owner whose the repository is beside {@code phema}
 * @param weights path of the weights in the repository, such as {@code unet/diffusion_pytorch_model.safetensors}
 * @param files of the run's folder that are passed through, by their paths there
 */
public record Publication(Optional<String> owner, String weights, List<String> files) {
    static final String CONFIG = "config.json";

    public static final Publication DEFAULT = of(Optional.empty(), "model.safetensors", List.of());

    public Publication {
        files = List.copyOf(files);
    }

    /** @param files beside {@code config.json} at the top and next to the weights */
    static Publication of(Optional<String> owner, String weights, List<String> files) {
        Set<String> all =
                new LinkedHashSet<>(List.of(CONFIG, weights.substring(0, weights.lastIndexOf('/') + 1) + CONFIG));
        all.addAll(files);
        return new Publication(owner, weights, List.copyOf(all));
    }
}
