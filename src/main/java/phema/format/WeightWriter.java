package phema.format;

import java.util.List;
import java.util.Map;
import java.util.function.Function;
import phema.tensor.DType;

/** Lays out new files of one format. */
public interface WeightWriter {
    /**
     * Lays out the files that hold a template's tensors.
     *
     * @param baseName file name without extension
     * @param template the file whose tensors are written, in its order and under its names
     * @param dtypes what each tensor of the template is written as
     * @param metadata added to the template's own where the format can carry it
     * @param shardSize most bytes of tensors in one file, where the format knows shards; {@link Long#MAX_VALUE} for a
     *     single file
     * @return the files to write, each complete in itself; for several shards the last one is their index
     * @throws IllegalArgumentException when the format cannot hold what is asked for; the message is for the user
     */
    List<Layout> layout(
            String baseName,
            WeightFile template,
            Function<Tensor, DType> dtypes,
            Map<String, String> metadata,
            long shardSize);
}
