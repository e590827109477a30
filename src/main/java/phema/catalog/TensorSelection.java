package phema.catalog;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import phema.format.Tensor;
import phema.format.WeightFile;

/**
 * Which tensors of a run's files are the model's, and what they are called.
 *
 * @param prefix that the names of the model's tensors begin with, and which is taken off; all tensors are the model's
 *     when empty
 * @param exclude patterns of tensors to leave out, by their names without the prefix
 * @param buffers patterns of tensors that are not averaged but taken from the newest file
 */
record TensorSelection(Optional<String> prefix, List<NamePattern> exclude, List<NamePattern> buffers) {
    static final TensorSelection ALL = new TensorSelection(Optional.empty(), List.of(), List.of());

    /** The averaged model's, in checkpoints of ema-pytorch and nitrous-ema. */
    private static final String EMA_MODEL = "ema_model.";

    /** What these and pytorch-posthoc-ema store of their own. */
    private static final Set<String> TRACKER_STATE = Set.of("initted", "step");

    /**
     * How many batches a normalization layer has seen. ema-pytorch stores it in half precision, where it looks like a
     * weight and overflows.
     */
    private static final String COUNTER = "num_batches_tracked";

    TensorSelection {
        exclude = List.copyOf(exclude);
        buffers = List.copyOf(buffers);
    }

    /** The file with only the tensors that count. */
    WeightFile of(WeightFile file) {
        List<Tensor> selected = new ArrayList<>();
        boolean wrapped = prefix.isEmpty() && isTracker(file);
        boolean inModel =
                wrapped && file.tensors().stream().anyMatch(t -> t.name().startsWith(EMA_MODEL));
        String begin = inModel ? EMA_MODEL : prefix.orElse("");
        Set<String> scales = Lora.scales(file.tensors());
        for (Tensor tensor : file.tensors()) {
            if (!tensor.name().startsWith(begin)) continue;
            if (wrapped && TRACKER_STATE.contains(tensor.name())) continue;
            String name = tensor.name().substring(begin.length());
            if (name.isEmpty() || exclude.stream().anyMatch(p -> p.matches(name))) continue;
            boolean buffer = scales.contains(tensor.name())
                    || name.endsWith(COUNTER)
                    || buffers.stream().anyMatch(p -> p.matches(name));
            selected.add(tensor.as(name, buffer ? Tensor.TensorRole.BUFFER : tensor.role()));
        }
        return selected.equals(file.tensors()) ? file : file.with(selected);
    }

    /**
     * Whether the selection from two files is known to be the same without a look at their tensors, of which there may
     * be many.
     */
    boolean sameOf(WeightFile file, WeightFile other) {
        return file.tensors() == other.tensors() && isTracker(file) == isTracker(other);
    }

    private static boolean isTracker(WeightFile file) {
        return IndexedName.matches(String.valueOf(file.path().getFileName()));
    }
}
