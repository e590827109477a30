package phema.format;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import phema.format.Tensor.TensorRole;
import phema.format.ZipIndex.Range;

/**
 * Reads tensors that were saved by themselves, each with {@code torch.save}, one archive behind the other in one file.
 * A checkpoint has tens of thousands of them, most of which differ in their elements alone: such a twin of an archive
 * that was read before is recognised by its bytes and not parsed again. What may differ are checksums, and entries that
 * nobody reads. For use by several threads.
 */
final class ArchiveTwins {
    /** The most archives of one size that are compared with. */
    private static final int MOST = 4;

    /** The most bytes around the elements that are compared. */
    private static final int MOST_AROUND = 1 << 14;

    private final Map<Long, List<Twin>> bySize = new ConcurrentHashMap<>();

    /**
     * An archive that was parsed.
     *
     * @param elements where those of its storage lie
     * @param free other places that do not matter
     * @param known all bytes but the elements, with zeros in such places
     */
    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    private record Twin(Tensor tensor, Range elements, List<Range> free, byte[] known) {
        boolean is(byte[] around) {
            byte[] other = around.clone();
            clear(other, elements, free);
            return Arrays.equals(known, other);
        }

        static void clear(byte[] around, Range elements, List<Range> free) {
            for (Range range : free) {
                long from = range.offset() - (range.offset() < elements.offset() ? 0 : elements.length());
                Arrays.fill(around, (int) from, (int) (from + range.length()), (byte) 0);
            }
        }
    }

    /**
     * Reads the one tensor of an archive.
     *
     * @param offset where the archive begins in the file, and the tensor's offset is counted from
     * @throws FormatException when it is no such archive
     */
    Tensor read(InputFile file, long offset, long length, String name) throws IOException {
        List<Twin> twins = bySize.computeIfAbsent(length, any -> new CopyOnWriteArrayList<>());
        InputFile record = file.slice(offset, length);
        byte[] around = {};
        for (Twin twin : twins) {
            around = around(record, twin.elements());
            if (!twin.is(around)) continue;
            file.addToStructure(around, around.length);
            return twin.tensor().as(name, TensorRole.PARAMETER);
        }
        TorchArchive archive = new TorchArchive(record.undigested());
        Tensor tensor = archive.tensors().read(name, TensorRole.PARAMETER, archive.root());
        Optional<Range> elements = archive.elements().filter(range -> length - range.length() <= MOST_AROUND);
        if (elements.isEmpty()) {
            new TorchArchive(record).root(); // for the structure
            return tensor;
        }
        around = around(record, elements.get());
        file.addToStructure(around, around.length);
        Twin.clear(around, elements.get(), archive.free());
        if (twins.size() < MOST) twins.add(new Twin(tensor, elements.get(), archive.free(), around));
        return tensor;
    }

    /** All bytes of an archive but some. */
    private static byte[] around(InputFile record, Range elements) throws IOException {
        int head = (int) elements.offset();
        byte[] around = new byte[(int) (record.size() - elements.length())];
        record.read(0, around, 0, head);
        record.read(elements.end(), around, head, around.length - head);
        return around;
    }
}
