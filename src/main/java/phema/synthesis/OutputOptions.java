package phema.synthesis;

import java.util.Optional;
import phema.format.Format;
import phema.format.Tensor;
import phema.tensor.DType;

/**
 * How synthesized weights are stored.
 *
 * @param dtype of all floating tensors; as they are in the snapshots when empty
 * @param shardSize most bytes of tensors in a file, for formats that know shards
 */
public record OutputOptions(Format format, Optional<DType> dtype, long shardSize) {
    public static OutputOptions of(Format format) {
        return new OutputOptions(format, Optional.empty(), Long.MAX_VALUE);
    }

    public OutputOptions withDType(DType wanted) {
        return new OutputOptions(format, Optional.of(wanted), shardSize);
    }

    public OutputOptions withShardSize(long bytes) {
        return new OutputOptions(format, dtype, bytes);
    }

    DType dtype(Tensor tensor) {
        return tensor.dtype().isFloating() ? dtype.orElse(tensor.dtype()) : tensor.dtype();
    }
}
