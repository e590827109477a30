package phema.format;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import phema.format.Layout.Segment;
import phema.tensor.Shape;

/** Lays out checkpoints of {@code torch.distributed.checkpoint} as several ranks write them, for benchmarks. */
public final class DcpGenerator {
    /** The dimension along which each tensor is cut into one chunk per rank. */
    public enum Cut {
        /** The first, as FSDP does. */
        ROWS,
        /** The second, as tensor parallelism does with half of the matrices; the only one of vectors. */
        COLUMNS
    }

    private DcpGenerator() {}

    /**
     * The files of a checkpoint, the one that describes it last. Chunks are as large as {@code torch.chunk} makes them,
     * so the last ranks may have less, or nothing.
     *
     * @param tensors with their types and shapes
     */
    public static List<Layout> layout(List<Tensor> tensors, int ranks, Cut cut) {
        SequencedMap<String, WrittenTensor> written = new LinkedHashMap<>();
        SequencedMap<String, List<DcpWriter.Record>> records = new LinkedHashMap<>();
        for (Tensor tensor : tensors) written.put(tensor.name(), new WrittenTensor(tensor, tensor.dtype()));
        List<Layout> files = new ArrayList<>();
        for (int rank = 0; rank < ranks; rank++) {
            String path = "__" + rank + "_0.distcp";
            List<Segment> segments = new ArrayList<>();
            long offset = 0;
            for (Map.Entry<String, WrittenTensor> entry : written.entrySet()) {
                Tensor whole = entry.getValue().tensor();
                List<Long> origin =
                        new ArrayList<>(DcpWriter.zeros(whole.shape()).dims());
                List<Long> box = new ArrayList<>(whole.shape().dims());
                if (!box.isEmpty()) {
                    int axis = cut == Cut.ROWS || box.size() == 1 ? 0 : 1;
                    long most = Math.ceilDiv(box.get(axis), ranks);
                    origin.set(axis, Math.min(rank * most, box.get(axis)));
                    box.set(axis, Math.min(most, box.get(axis) - origin.get(axis)));
                }
                Shape shape = new Shape(box);
                if (shape.elements() == 0 || box.isEmpty() && rank > 0) continue;
                List<Segment> record = TorchZipWriter.alone(
                        new Tensor(whole.name(), whole.dtype(), shape, shape.contiguousStrides(), 0, 0, whole.role()),
                        whole.dtype());
                long length = record.stream().mapToLong(Segment::bytes).sum();
                records.computeIfAbsent(whole.name(), any -> new ArrayList<>())
                        .add(new DcpWriter.Record(whole.name(), path, offset, length, new Shape(origin), shape));
                segments.addAll(record);
                offset += length;
            }
            files.add(new Layout(path, DcpWriter.joined(segments)));
        }
        files.add(DcpWriter.metadata(
                "", records.values().stream().flatMap(List::stream).toList(), written, Map.of()));
        return files;
    }
}
