package phema.catalog;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import phema.format.Tensor;
import phema.tensor.DType;

/**
 * Tells, by names and element types, the tensors of a file that must not be averaged like weights: what normalization
 * layers have seen, vectors of power iterations, codes that mean nothing without their scales, and averages beside raw
 * weights.
 */
final class NotAveraged {
    /**
     * The names of what a normalization layer has seen. The average of statistics belongs to no network, and a
     * combination of variances may be negative. ema-pytorch stores the counter in half precision, where it looks like a
     * weight and overflows.
     */
    private static final Pattern STATISTICS =
            Pattern.compile("(?:.*[._])?(?:running_mean|running_var|num_batches_tracked)");

    /** The vectors of {@code torch.nn.utils.spectral_norm}, as old and new versions name them. */
    private static final Pattern POWER_ITERATION = Pattern.compile(".*parametrizations\\..*\\._[uv]|(.*)_[uv]");

    /** The names of what turns codes into weights: scales beside {@code NAME}, by common quantisers. */
    private static final List<String> SCALES = List.of(
            "%s_scale",
            "%s_scale_inv",
            "%s_scales",
            "%s.scale",
            "%s.absmax",
            "%s.SCB",
            "%s.quant_map",
            "%s_absmax",
            "%s_packed_scale");

    /** The same beside {@code LAYER.weight}. */
    private static final List<String> SCALES_OF_LAYERS =
            List.of("%sscale_weight", "%sweight_scale", "%sSCB", "%sscales", "%sabsmax");

    private static final Set<DType> CODES = Set.of(
            DType.F8_E4M3,
            DType.F8_E5M2,
            DType.F8_E4M3FNUZ,
            DType.F8_E5M2FNUZ,
            DType.F6_E2M3,
            DType.F6_E3M2,
            DType.F4,
            DType.I8,
            DType.U8,
            DType.I32);

    /** The types of numbers that nothing here computes with. */
    private static final Set<DType> NOT_COMPUTED = Set.of(
            DType.F8_E4M3FNUZ, DType.F8_E5M2FNUZ, DType.F8_E8M0, DType.F6_E2M3, DType.F6_E3M2, DType.F4, DType.C64);

    /** The words under which trainers keep averages. */
    private static final String AVERAGES =
            "(?:\\w+_)?ema(?:_(?:model|net|network|unet|generator|state|state_dict|weights|params|parameters))?"
                    + "|averaged_model|average_model|model_avg|swa_model|swa_state_dict|averaging_state|target_encoder"
                    + "|teacher|shadow_params";

    /** The words under which trainers keep averages, or raw weights, beside the weights that they train. */
    private static final Pattern BESIDE = Pattern.compile("(?i)((?:(?:state_dict|module|state)\\.)?(?:" + AVERAGES
            + "|current_model_state|online_model)|state\\.algorithms\\.\\d+\\.\\d+\\.ema_model)\\..*");

    private static final Pattern AVERAGE =
            Pattern.compile("(?i)(?:(?:state_dict|module|state)\\.)?(?:" + AVERAGES + ")");

    /** The names of what averages count, beside their weights. */
    private static final Set<String> COUNTERS =
            Set.of("initted", "step", "n_averaged", "num_updates", "decay", "epoch", "global_step");

    private final Set<String> names;

    NotAveraged(List<Tensor> all) {
        names = all.stream().map(Tensor::name).collect(Collectors.toUnmodifiableSet());
    }

    /** Whether a tensor has to come from the newest file as it is. */
    boolean isOfNewest(String name) {
        if (STATISTICS.matcher(name).matches()) return true;
        Matcher power = POWER_ITERATION.matcher(name);
        return power.matches() && (power.group(1) == null || names.contains(power.group(1) + "_orig"));
    }

    /** Whether a tensor holds numbers that look like weights, and are taken as they are all the same. */
    static boolean isNotComputed(Tensor tensor) {
        return NOT_COMPUTED.contains(tensor.dtype());
    }

    /** The tensor that scales this one, whose elements are codes. */
    Optional<String> scale(Tensor tensor) {
        if (!CODES.contains(tensor.dtype())) return Optional.empty();
        String name = tensor.name();
        Optional<String> own = SCALES.stream()
                .map(form -> form.formatted(name))
                .filter(names::contains)
                .findFirst();
        if (own.isPresent() || !name.endsWith("weight")) return own;
        String layer = name.substring(0, name.length() - "weight".length());
        return SCALES_OF_LAYERS.stream()
                .map(form -> form.formatted(layer))
                .filter(names::contains)
                .findFirst();
    }

    /**
     * The words under which weights lie twice in a file, once as an average; empty where they do not.
     */
    List<String> groups() {
        List<String> beside = words();
        return beside.isEmpty() || allBelow(beside.getFirst()) ? List.of() : beside;
    }

    /** The word for an average under which all tensors are; empty where they are not. */
    Optional<String> average() {
        return words().stream()
                .filter(word -> AVERAGE.matcher(word).matches() && allBelow(word))
                .findFirst();
    }

    private List<String> words() {
        return names.stream()
                .map(BESIDE::matcher)
                .filter(Matcher::matches)
                .map(m -> m.group(1))
                .distinct()
                .sorted()
                .toList();
    }

    private boolean allBelow(String word) {
        return names.stream().allMatch(name -> name.startsWith(word + ".") || COUNTERS.contains(name));
    }
}
