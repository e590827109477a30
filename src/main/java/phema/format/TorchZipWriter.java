package phema.format;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import phema.format.Layout.TensorElements;
import phema.format.Value.Global;
import phema.tensor.DType;
import phema.tensor.Shape;

/**
 * Writes a flat {@code state_dict} as {@code torch.save} writes it: an {@code OrderedDict} from names to tensors, each
 * on a storage of its own, that {@code torch.load(weights_only=True)} reads from PyTorch 1.6 on (8-bit floats and
 * unsigned integers from 2.1 on). Metadata has no place in it. The {@linkplain ZipLayout archive} has no checksums of
 * elements.
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
        List<TensorElements> tensors = template.tensors().stream()
                .map(tensor -> TensorElements.rows(tensor, dtypes.apply(tensor)))
                .toList();
        if (shardSize < tensors.stream().mapToLong(TensorElements::bytes).sum())
            throw new IllegalArgumentException(
                    "a torch checkpoint cannot be split into shards; choose the format safetensors");
        ZipLayout zip = new ZipLayout();
        zip.add(FOLDER + "data.pkl", new StateDict(tensors).pickle());
        zip.add(FOLDER + "byteorder", ascii("little"));
        for (int i = 0; i < tensors.size(); i++) zip.add(FOLDER + "data/" + i, tensors.get(i));
        zip.add(FOLDER + "version", ascii("3\n"));
        return List.of(new Layout(baseName + ".pt", zip.finish()));
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** Pickles in protocol 2, the only one that {@code torch.load(weights_only=True)} knows. */
    private static final class StateDict {
        private final List<TensorElements> tensors;
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();

        StateDict(List<TensorElements> tensors) {
            this.tensors = tensors;
        }

        byte[] pickle() {
            out.write(0x80);
            out.write(2);
            orderedDict();
            out.write('(');
            for (int i = 0; i < tensors.size(); i++) {
                text(tensors.get(i).tensor().name());
                tensor(String.valueOf(i), tensors.get(i));
            }
            out.write('u');
            out.write('.');
            return out.toByteArray();
        }

        private void tensor(String key, TensorElements elements) {
            Shape shape = elements.tensor().shape();
            Optional<Global> storage = name(TorchStorage.CLASSES, elements.dtype());
            global(storage.isPresent() ? TorchTensors.TENSOR : TorchTensors.TENSOR_WITH_DTYPE);
            out.write('(');
            out.write('(');
            text("storage");
            global(storage.orElse(TorchStorage.UNTYPED));
            text(key);
            text("cpu");
            integer(storage.isPresent() ? shape.elements() : elements.bytes());
            out.write('t');
            out.write('Q');
            integer(0); // offset in the storage
            integers(shape.dims());
            integers(shape.contiguousStrides());
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
