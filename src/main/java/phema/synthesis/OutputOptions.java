package phema.synthesis;

import java.util.Optional;
import phema.format.Format;
import phema.format.Tensor;
import phema.tensor.DType;

/**
 * Says how synthesized weights are stored.
 *
 * @param format of the weights alone; when empty as the run's files are, with all that the trainer's own loader wants
 * @param dtype of all floating tensors; as they are in the snapshots when empty
 * @param shardSize most bytes of tensors in a file, for formats that know shards
 * @param asModel whether shards of safetensors are in a folder that Transformers loads, where the run has a
 *     configuration for it and is of another format
 */
public record OutputOptions(Optional<Format> format, Optional<DType> dtype, long shardSize, boolean asModel) {
    /** The options that change nothing: files like the run's own. */
    public static final OutputOptions AS_STORED = new OutputOptions(Optional.empty(), Optional.empty(), Long.MAX_VALUE);

    /** Of files that are looked at one by one. */
    public OutputOptions(Optional<Format> format, Optional<DType> dtype, long shardSize) {
        this(format, dtype, shardSize, false);
    }

    /** Of files on disk. */
    public static OutputOptions onDisk(Optional<Format> format, Optional<DType> dtype, long shardSize) {
        return new OutputOptions(format, dtype, shardSize, shardSize < Long.MAX_VALUE);
    }

    public static OutputOptions of(Format format) {
        return AS_STORED.withFormat(format);
    }

    public OutputOptions withFormat(Format wanted) {
        return new OutputOptions(Optional.of(wanted), dtype, shardSize, asModel);
    }

    public OutputOptions asStored() {
        return new OutputOptions(Optional.empty(), dtype, shardSize, asModel);
    }

    public OutputOptions withDType(DType wanted) {
        return withDType(Optional.of(wanted));
    }

    public OutputOptions withDType(Optional<DType> wanted) {
        return new OutputOptions(format, wanted, shardSize, asModel);
    }

    public OutputOptions withShardSize(long bytes) {
        return new OutputOptions(format, dtype, bytes, asModel);
    }

    DType dtype(Tensor tensor) {
        return tensor.dtype().isFloating() ? dtype.orElse(tensor.dtype()) : tensor.dtype();
    }
}
