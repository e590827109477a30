package phema.format;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import phema.format.Layout.Segment;
import phema.format.Layout.TensorElements;
import phema.format.Layout.Verbatim;
import phema.tensor.DType;

/**
 * Writes an EDM2 snapshot like its template in every byte but the elements of the parameters of floating type. Nothing
 * of the pickle is understood or changed, so whatever loads the template loads the result. Metadata has no place in it.
 */
final class Edm2PickleWriter implements WeightWriter {
    private static final String INSTEAD = "; choose the format safetensors";

    @Override
    public List<Layout> layout(
            String baseName,
            WeightFile template,
            Function<Tensor, DType> dtypes,
            Map<String, String> metadata,
            long shardSize) {
        if (template.format() != Format.EDM2_PICKLE)
            throw new IllegalArgumentException("an EDM2 pickle can only be written from EDM2 pickles, which "
                    + template.path().getFileName() + " is not" + INSTEAD);
        if (shardSize < template.size())
            throw new IllegalArgumentException("an EDM2 pickle cannot be split into shards" + INSTEAD);
        for (Tensor tensor : template.tensors()) {
            DType dtype = dtypes.apply(tensor);
            if (dtype != tensor.dtype())
                throw new IllegalArgumentException("an EDM2 pickle keeps the element types of its inputs, and tensor `"
                        + tensor.name() + "` is " + tensor.dtype() + ", not " + dtype + INSTEAD);
        }
        List<Tensor> combined = template.tensors().stream()
                .filter(tensor -> tensor.role() == Tensor.TensorRole.PARAMETER)
                .filter(tensor -> tensor.dtype().isFloating() && tensor.elements() > 0)
                .sorted(Comparator.comparingLong(Tensor::offset))
                .toList();
        return List.of(new Layout(baseName + ".pkl", spliced(template.size(), combined)));
    }

    private static List<Segment> spliced(long size, List<Tensor> combined) {
        List<Segment> segments = new ArrayList<>();
        long position = 0;
        Tensor previous = null;
        for (Tensor tensor : combined) {
            if (previous != null && tensor.offset() < position) {
                // Tied weights share their elements, which are written once.
                if (tensor.offset() == previous.offset() && tensor.bytes() == previous.bytes()) continue;
                throw new IllegalArgumentException("tensors `" + previous.name() + "` and `" + tensor.name()
                        + "` share a part of their elements" + INSTEAD);
            }
            if (tensor.offset() > position) segments.add(new Verbatim(0, position, tensor.offset() - position));
            segments.add(new TensorElements(tensor, storageOrder(tensor), tensor.dtype()));
            position = tensor.offset() + tensor.bytes();
            previous = tensor;
        }
        if (size > position) segments.add(new Verbatim(0, position, size - position));
        return segments;
    }

    private static List<Integer> storageOrder(Tensor tensor) {
        return tensor.storageOrder()
                .orElseThrow(() -> new IllegalArgumentException("the elements of tensor `" + tensor.name()
                        + "` do not lie side by side in the file" + INSTEAD));
    }
}
