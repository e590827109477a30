package phema.format;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import phema.format.Layout.TensorElements;
import phema.format.TorchStorages.PlacedTensor;
import phema.tensor.DType;

/**
 * Writes a flat {@code state_dict} as {@code torch.save} writes it: an {@code OrderedDict} from names to tensors that
 * {@code torch.load(weights_only=True)} reads from PyTorch 1.6 on (8-bit floats and unsigned integers from 2.1 on).
 * Tensors that {@linkplain SharedElements share elements} in the template are on one storage, with the template's
 * strides; every other one is packed, on a storage of its own. Metadata has no place in it. The {@linkplain ZipLayout
 * archive} has no checksums of elements.
 */
final class TorchZipWriter implements WeightWriter {
    private static final String FOLDER = "archive/";

    @Override
    public List<Layout> layout(
            String baseName,
            WeightFile template,
            Function<Tensor, DType> dtypes,
            Map<String, String> metadata,
            long shardSize) {
        TorchStorages storages = new TorchStorages();
        storages.add(template, dtypes, tensor -> tensor);
        requireOneFile(storages, shardSize);
        return List.of(archive(baseName + ".pt", stateDict(template, storages), storages));
    }

    static void requireOneFile(TorchStorages storages, long shardSize) {
        if (shardSize < storages.all().stream().mapToLong(TensorElements::bytes).sum())
            throw new IllegalArgumentException(
                    "a torch checkpoint cannot be split into shards; choose the format safetensors");
    }

    /** An archive of a pickle and the storages that it refers to by their numbers. */
    static Layout archive(String fileName, byte[] pickle, TorchStorages storages) {
        ZipLayout zip = new ZipLayout();
        zip.add(FOLDER + "data.pkl", pickle);
        zip.add(FOLDER + "byteorder", ascii("little"));
        for (int i = 0; i < storages.all().size(); i++)
            zip.add(FOLDER + "data/" + i, storages.all().get(i));
        zip.add(FOLDER + "version", ascii("3\n"));
        return new Layout(fileName, zip.finish());
    }

    /** A tensor alone, packed, as {@code torch.save(tensor)} writes it. */
    static List<Layout.Segment> alone(Tensor tensor, DType dtype) {
        TorchStorages storages = new TorchStorages();
        TorchPickleOutput out = new TorchPickleOutput(2);
        tensor(out, storages.packed(tensor.name(), tensor, dtype));
        out.op('.');
        return archive("", out.bytes(), storages).segments();
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[] stateDict(WeightFile template, TorchStorages storages) {
        TorchPickleOutput out = new TorchPickleOutput(2);
        out.orderedDict();
        out.op('(');
        for (Tensor tensor : template.tensors()) {
            out.text(tensor.name());
            tensor(out, storages.of(tensor.name()));
        }
        out.op('u');
        out.op('.');
        return out.bytes();
    }

    private static void tensor(TorchPickleOutput out, PlacedTensor stored) {
        out.global(TorchPickleOutput.rebuild(stored.storage()));
        out.op('(');
        out.place(stored);
        out.op(0x89); // requires_grad=False
        out.orderedDict(); // of hooks
        out.dtype(stored.storage());
        out.op('t');
        out.op('R');
    }
}
