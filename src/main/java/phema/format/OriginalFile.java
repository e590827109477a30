package phema.format;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import phema.tensor.DType;

/**
 * Holds a weight file as its trainer wrote it, with the names and all that stands around its weights, for outputs that
 * the trainer's own loader is to take.
 */
public sealed interface OriginalFile permits TorchOriginal, TorchShards, SafetensorsOriginal, DcpOriginal {
    /** All tensors that outputs may hold, under the names that they have in the file. */
    WeightFile file();

    /** What the file's name is made of: {@link #layout} with it gives files of the names that this one has. */
    String baseName();

    /**
     * Whether an output that holds some tensors, and nothing else, is like this file.
     *
     * @param weights as for {@link #layout}
     */
    boolean isFlat(Map<String, Tensor> weights);

    /** What outputs do not hold, because only the training job itself could go on with it; names within the file. */
    List<String> leftOut();

    /**
     * The same with its files behind so many others, of which all are parts of one weight file: for outputs of several
     * files. Empty for what is a folder by itself.
     */
    Optional<OriginalFile> behind(int parts);

    /**
     * Lays out a file like this one with other weights. Tensors that are no weights are copied.
     *
     * @param baseName file name without extension; the extension is this file's. Of what is a folder its name; without
     *     one, files are named as in it
     * @param weights by their names in this file, what each is computed as: a tensor of the template
     * @param dtypes what weights of these names in this file are written as, given as they are in this file
     * @param metadata added to this file's own where the format can carry it
     * @param shardSize as in {@link WeightWriter#layout}; for {@link Long#MAX_VALUE} shards are cut as this file's are,
     *     but where each rank wrote its own
     * @throws IllegalArgumentException when the format cannot hold what is asked for; the message is for the user
     */
    List<Layout> layout(
            String baseName,
            Map<String, Tensor> weights,
            Function<Tensor, DType> dtypes,
            Map<String, String> metadata,
            long shardSize);
}
