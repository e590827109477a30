package phema.api;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import phema.format.Tensor;
import phema.format.WeightFile;
import phema.tensor.DType;
import phema.text.Labels;

/**
 * Describes a weight file.
 *
 * @param elements of all tensors
 * @param metadata as the file has it
 * @param tensors in the file's order, where they were asked for
 */
public record FileView(
        String path,
        String format,
        long sizeBytes,
        long elements,
        Map<DType, Long> elementsByDType,
        Map<String, String> metadata,
        @Nullable List<TensorView> tensors) {
    /**
     * A tensor in a file.
     *
     * @param strides in elements; torch checkpoints and pickles hold views
     * @param offset of the first element, in bytes from the beginning of its file
     */
    public record TensorView(String name, DType dtype, List<Long> shape, List<Long> strides, String role, long offset) {
        static TensorView of(Tensor tensor) {
            return new TensorView(
                    tensor.name(),
                    tensor.dtype(),
                    tensor.shape().dims(),
                    tensor.strides(),
                    Labels.of(tensor.role()),
                    tensor.offset());
        }
    }

    /** @param tensors whether they are to be listed */
    public static FileView of(WeightFile file, boolean tensors) {
        Map<DType, Long> counts = new EnumMap<>(DType.class);
        for (Tensor tensor : file.tensors()) counts.merge(tensor.dtype(), tensor.elements(), Long::sum);
        return new FileView(
                file.path().toString(),
                file.format().extension(),
                file.size(),
                file.tensors().stream().mapToLong(Tensor::elements).sum(),
                counts,
                file.metadata(),
                tensors ? file.tensors().stream().map(TensorView::of).toList() : null);
    }
}
