package phema.format;

import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import phema.tensor.DType;

/**
 * Holds a tensor of a template, whatever it is named in an output, and what it is written as.
 *
 * @param tensor a buffer where it is copied
 */
record WrittenTensor(Tensor tensor, DType dtype) {
    /**
     * What stands in the place of a tensor in an output like its file: a weight, or the tensor itself where it is none.
     *
     * @param stored as it is in the file
     * @param weights by names in the file
     * @param dtypes what weights are written as
     */
    static WrittenTensor inPlaceOf(Tensor stored, Map<String, Tensor> weights, Function<Tensor, DType> dtypes) {
        @Nullable Tensor weight = weights.get(stored.name());
        return weight == null
                ? new WrittenTensor(stored.as(stored.name(), Tensor.TensorRole.BUFFER), stored.dtype())
                : new WrittenTensor(weight, dtypes.apply(stored));
    }
}
