package phema.format;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import phema.format.Layout.TensorElements;
import phema.format.Value.Global;
import phema.tensor.DType;
import phema.tensor.Shape;

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
        List<TensorElements> storages = new ArrayList<>();
        List<StoredAs> tensors = stored(template, dtypes, storages);
        if (shardSize < storages.stream().mapToLong(TensorElements::bytes).sum())
            throw new IllegalArgumentException(
                    "a torch checkpoint cannot be split into shards; choose the format safetensors");
        ZipLayout zip = new ZipLayout();
        zip.add(FOLDER + "data.pkl", new StateDict(tensors).pickle());
        zip.add(FOLDER + "byteorder", ascii("little"));
        for (int i = 0; i < storages.size(); i++) zip.add(FOLDER + "data/" + i, storages.get(i));
        zip.add(FOLDER + "version", ascii("3\n"));
        return List.of(new Layout(baseName + ".pt", zip.finish()));
    }

    /**
     * A tensor on a storage.
     *
     * @param key number of the storage
     * @param offset of its first element there
     */
    private record StoredAs(Tensor tensor, int key, TensorElements storage, long offset, List<Long> strides) {}

    /** PyTorch has no six bits, and counts pairs of four as one. */
    private static void requireKnown(Tensor tensor, DType dtype) {
        if (!TorchStorage.CLASSES.containsValue(dtype) && !TorchTensors.DTYPES.containsValue(dtype)
                || dtype.isPacked()
                        && (tensor.shape().rank() == 0 || tensor.shape().dims().getLast() % 2 != 0))
            throw new IllegalArgumentException("PyTorch has no tensors such as `" + tensor.name() + "`, " + dtype
                    + " of " + tensor.shape() + "; choose the format safetensors");
    }

    /** A tensor's shape as PyTorch counts it. */
    private static Shape counted(Tensor tensor, DType dtype) {
        if (!dtype.isPacked()) return tensor.shape();
        List<Long> dims = new ArrayList<>(tensor.shape().dims());
        dims.set(dims.size() - 1, dims.getLast() / 2);
        return new Shape(dims);
    }

    /** Says where all tensors go. @param storages to add to */
    private static List<StoredAs> stored(
            WeightFile template, Function<Tensor, DType> dtypes, List<TensorElements> storages) {
        Map<String, SharedElements> shared = new HashMap<>();
        for (SharedElements elements : SharedElements.of(template))
            if (elements.areWrittenAlike(dtypes))
                for (Tensor tensor : elements.tensors()) shared.put(tensor.name(), elements);
        Map<String, Integer> keys = new HashMap<>();
        List<StoredAs> tensors = new ArrayList<>();
        for (Tensor tensor : template.tensors()) {
            DType dtype = dtypes.apply(tensor);
            requireKnown(tensor, dtype);
            SharedElements elements = shared.get(tensor.name());
            String owner = elements == null ? tensor.name() : elements.whole().name();
            int key = keys.computeIfAbsent(owner, any -> storages.size());
            if (key == storages.size())
                storages.add(
                        elements == null
                                ? TensorElements.rows(tensor, dtype)
                                : TensorElements.asStored(elements.whole(), dtype));
            tensors.add(
                    elements == null
                            ? new StoredAs(
                                    tensor,
                                    key,
                                    storages.get(key),
                                    0,
                                    counted(tensor, dtype).contiguousStrides())
                            : new StoredAs(tensor, key, storages.get(key), elements.first(tensor), tensor.strides()));
        }
        return tensors;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** Pickles in protocol 2, the only one that {@code torch.load(weights_only=True)} knows. */
    private static final class StateDict {
        private final List<StoredAs> tensors;
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();

        StateDict(List<StoredAs> tensors) {
            this.tensors = tensors;
        }

        byte[] pickle() {
            out.write(0x80);
            out.write(2);
            orderedDict();
            out.write('(');
            for (StoredAs stored : tensors) {
                text(stored.tensor().name());
                tensor(stored);
            }
            out.write('u');
            out.write('.');
            return out.toByteArray();
        }

        private void tensor(StoredAs stored) {
            TensorElements elements = stored.storage();
            Optional<Global> storage = name(TorchStorage.CLASSES, elements.dtype());
            global(storage.isPresent() ? TorchTensors.TENSOR : TorchTensors.TENSOR_WITH_DTYPE);
            out.write('(');
            out.write('(');
            text("storage");
            global(storage.orElse(TorchStorage.UNTYPED));
            text(String.valueOf(stored.key()));
            text("cpu");
            integer(storage.isPresent() ? elements.tensor().elements() : elements.bytes());
            out.write('t');
            out.write('Q');
            integer(stored.offset());
            integers(counted(stored.tensor(), elements.dtype()).dims());
            integers(stored.strides());
            out.write(0x89); // requires_grad=False
            orderedDict(); // of hooks
            if (storage.isEmpty())
                global(name(TorchTensors.DTYPES, elements.dtype()).orElseThrow());
            out.write('t');
            out.write('R');
        }

        private static Optional<Global> name(Map<Global, DType> names, DType dtype) {
            return names.entrySet().stream()
                    .filter(entry -> entry.getValue() == dtype)
                    .map(Map.Entry::getKey)
                    .findFirst();
        }

        private void orderedDict() {
            global(TorchZipReader.ORDERED_DICT);
            out.write(')');
            out.write('R');
        }

        private void global(Global global) {
            out.write('c');
            out.writeBytes(ascii(global.module() + "\n" + global.name() + "\n"));
        }

        private void integers(List<Long> values) {
            out.write('(');
            values.forEach(this::integer);
            out.write('t');
        }

        private void integer(long value) {
            if (value == (int) value) {
                out.write('J');
                number(4, value);
            } else {
                out.write(0x8a);
                out.write(Long.BYTES);
                number(Long.BYTES, value);
            }
        }

        private void text(String value) {
            byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
            out.write('X');
            number(4, utf8.length);
            out.writeBytes(utf8);
        }

        private void number(int bytes, long value) {
            for (int i = 0; i < bytes; i++) out.write((int) (value >>> (8 * i)));
        }
    }
}
