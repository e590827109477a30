package phema.catalog;

import static java.util.stream.Collectors.toSet;

import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import phema.format.Tensor;

/**
 * Recognises adapters as sd-scripts and musubi-tuner store them: beside {@code NAME.lora_down.weight} lies
 * {@code NAME.alpha}, a constant that scales the module. Where it differs between files, means of the other tensors
 * mean nothing.
 */
final class Lora {
    private static final String ALPHA = ".alpha";
    private static final Pattern ADAPTER = Pattern.compile("(.*)\\.(lora_|hada_|lokr_|oft_).*");

    private Lora() {}

    /** Names of the constants. */
    static Set<String> scales(List<Tensor> tensors) {
        Set<String> constants = tensors.stream()
                .filter(t -> t.name().endsWith(ALPHA) && t.dtype().isFloating() && t.elements() == 1)
                .map(Tensor::name)
                .collect(toSet());
        if (constants.isEmpty()) return constants; // nearly always, and names may be many
        Set<String> modules = tensors.stream()
                .map(tensor -> ADAPTER.matcher(tensor.name()))
                .filter(Matcher::matches)
                .map(m -> m.group(1))
                .collect(toSet());
        constants.removeIf(name -> !modules.contains(name.substring(0, name.length() - ALPHA.length())));
        return constants;
    }
}
