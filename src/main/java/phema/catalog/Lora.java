package phema.catalog;

import static java.util.stream.Collectors.toSet;

import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import phema.format.Tensor;

/**
 * Adapters as sd-scripts and musubi-tuner store them: beside {@code NAME.lora_down.weight} lies {@code NAME.alpha}, a constant that scales the module. Where it
 * differs between files, means of the other tensors mean nothing.
 */
final class Lora {
    private static final String ALPHA = ".alpha";
    private static final Pattern ADAPTER = Pattern.compile("(.*)\\.(lora_|hada_|lokr_|oft_).*");

    private Lora() {}

    /** Names of the constants. */
    static Set<String> scales(List<Tensor> tensors) {
        Set<String> modules = tensors.stream()
                .map(tensor -> ADAPTER.matcher(tensor.name()))
                .filter(Matcher::matches)
                .map(m -> m.group(1))
                .collect(toSet());
        return tensors.stream()
                .filter(t -> t.elements() == 1 && t.dtype().isFloating())
                .map(Tensor::name)
                .filter(name ->
                        name.endsWith(ALPHA) && modules.contains(name.substring(0, name.length() - ALPHA.length())))
                .collect(toSet());
    }
}
