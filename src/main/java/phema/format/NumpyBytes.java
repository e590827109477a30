package phema.format;

import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import phema.tensor.Shape;

/**
 * Reads an array of unsigned bytes of a {@code .npz} file, of any size, where it lies. One that is compressed is
 * unpacked into a temporary file first.
 */
public final class NumpyBytes implements Closeable {
    private static final String DTYPE = "u1";

    private final InputFile file;
    private final long first;
    private final Shape shape;
    private final long checksum;
    private final List<String> others;
    private final List<Path> temporary = new ArrayList<>();

    /**
     * @param source of the entry's content
     * @param first where the content begins there
     * @param length of the content
     */
    private NumpyBytes(InputFile source, long first, long length, long checksum, List<String> others, Problems problems)
            throws IOException {
        byte[] begin = new byte[(int) Math.min(length, NumpyArchive.MAX_HEADER)];
        source.read(first, begin);
        NumpyArchive.Header header = NumpyArchive.header(begin, problems);
        if (!header.dtype().equals(DTYPE))
            throw problems.of(
                    "holds values of type " + Pickle.shown(header.dtype()) + "; images are unsigned bytes, u1");
        if (header.fortran()) throw problems.of("is a column-major array; save it row-major");
        try {
            shape = new Shape(header.dims());
            if (shape.elements() != length - header.bytes())
                throw problems.of("holds " + (length - header.bytes()) + " bytes where its shape " + shape + " needs "
                        + shape.elements());
        } catch (ArithmeticException | IllegalArgumentException e) {
            throw problems.of("has the shape " + header.dims() + ", which no file could hold");
        }
        this.file = source;
        this.first = first + header.bytes();
        this.checksum = checksum;
        this.others = List.copyOf(others);
    }

    private interface Problems extends NumpyArray.ProblemFactory {}

    /**
     * @param name of the array
     * @throws FormatException when there is none of this name, or it is not of unsigned bytes in row-major order
     */
    public static NumpyBytes open(Path path, String name) throws IOException {
        InputFile file = InputFile.open(path);
        try {
            ZipIndex zip = new ZipIndex(file);
            String entry = name + NumpyArchive.SUFFIX;
            Problems problems = problem -> file.broken("array `" + name + "` " + problem);
            List<String> others = new ArrayList<>();
            for (String other : new TreeSet<>(zip.names()))
                if (!other.equals(entry) && !NumpyArchive.isHidden(other)) others.add(arrayName(other));
            if (!zip.names().contains(entry))
                throw file.broken("holds no array `" + name + "`, in which images are [N, height, width, 3]"
                        + (others.isEmpty() ? "" : "; it has " + Pickle.shown(String.join(", ", others))));
            long checksum = zip.checksum(entry);
            if (zip.isStored(entry)) {
                ZipIndex.Range range = zip.find(entry).orElseThrow();
                return new NumpyBytes(file, range.offset(), range.length(), checksum, others, problems);
            }
            return unpacked(zip, entry, checksum, others, problems, file);
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    private static NumpyBytes unpacked(
            ZipIndex zip, String entry, long checksum, List<String> others, Problems problems, InputFile packed)
            throws IOException {
        Path temporary = Files.createTempFile("phema-array-", ".npy");
        try {
            try (OutputStream out = Files.newOutputStream(temporary)) {
                zip.unpack(entry, out);
            }
            InputFile file = InputFile.open(temporary);
            try {
                NumpyBytes bytes = new NumpyBytes(file, 0, file.size(), checksum, others, problems);
                bytes.temporary.add(temporary);
                packed.close();
                return bytes;
            } catch (IOException | RuntimeException e) {
                file.close();
                throw e;
            }
        } catch (IOException | RuntimeException e) {
            Files.deleteIfExists(temporary);
            throw e;
        }
    }

    private static String arrayName(String entry) {
        return entry.endsWith(NumpyArchive.SUFFIX)
                ? entry.substring(0, entry.length() - NumpyArchive.SUFFIX.length())
                : entry;
    }

    public Shape shape() {
        return shape;
    }

    /** CRC-32 of the array, as the archive states it. */
    public long checksum() {
        return checksum;
    }

    /** Names of what else the file holds. */
    public List<String> others() {
        return others;
    }

    /** Reads as many bytes as there is room for, which lie within the array. @param index of the first */
    public void read(long index, byte[] to) throws IOException {
        file.read(first + index, to);
    }

    @Override
    public void close() throws IOException {
        try {
            file.close();
        } finally {
            for (Path path : temporary) Files.deleteIfExists(path);
        }
    }
}
