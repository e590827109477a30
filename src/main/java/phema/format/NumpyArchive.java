package phema.format;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import phema.tensor.Shape;

/**
 * Reads and writes {@code .npz} files: zip archives of {@code .npy} entries (NumPy Enhancement Proposal 1). Read
 * strictly, stored or deflated; Python objects are refused. Written as {@code numpy.savez} does.
 */
public final class NumpyArchive {
    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
    static final String SUFFIX = ".npy";

    /** The most bytes of an array's header, of which NumPy needs 128. */
    static final int MAX_HEADER = 1 << 16;

    private static final int ALIGNMENT = 64;

    /** The literal of a Python dictionary, its keys in the order in which NumPy writes them. */
    private static final Pattern HEADER = Pattern.compile(
            "\\{'descr': '([<>|=]?)([a-zA-Z]\\d{1,6})', 'fortran_order': (True|False), 'shape': \\(((?:\\d{1,10}, "
                    + "?)*(?:\\d{1,10})?),?\\),? ?\\} *\n");

    private NumpyArchive() {}

    /**
     * Reads arrays by name, without the suffix of their entries, in the order of names.
     *
     * @param wanted which names; other arrays may be of any size and type
     * @throws FormatException when the archive or an entry is damaged, or a wanted array is not of floating numbers
     */
    public static SequencedMap<String, NumpyArray> read(Path path, Predicate<String> wanted) throws IOException {
        try (InputFile file = InputFile.open(path)) {
            ZipIndex zip = new ZipIndex(file);
            SequencedMap<String, NumpyArray> arrays = new LinkedHashMap<>();
            for (String entry : new TreeSet<>(zip.names())) {
                NumpyArray.ProblemFactory problems =
                        problem -> file.broken("entry `" + Pickle.shown(entry) + "` " + problem);
                if (isHidden(entry)) continue;
                if (!entry.endsWith(SUFFIX)) throw problems.of("is no array; a .npz file holds .npy entries");
                String name = entry.substring(0, entry.length() - SUFFIX.length());
                if (!wanted.test(name)) continue;
                byte[] content = zip.content(entry, NumpyArray.MAX_BYTES).orElseThrow();
                arrays.put(name, array(content, problems));
            }
            return arrays;
        }
    }

    /** Names of all arrays. */
    public static SortedSet<String> names(Path path) throws IOException {
        try (InputFile file = InputFile.open(path)) {
            SortedSet<String> names = new TreeSet<>();
            for (String entry : new ZipIndex(file).names())
                if (!isHidden(entry) && entry.endsWith(SUFFIX))
                    names.add(entry.substring(0, entry.length() - SUFFIX.length()));
            return names;
        }
    }

    /** Whether an entry is what file systems and macOS add to archives. */
    static boolean isHidden(String entry) {
        return Arrays.stream(entry.split("/")).anyMatch(part -> part.startsWith(".") || part.equals("__MACOSX"));
    }

    /**
     * One {@code .npy} file, to its end.
     *
     * @param problem makes the error for a sentence without subject
     * @throws FormatException when it is damaged, or not an array of floating numbers
     */
    public static NumpyArray array(InputStream in, NumpyArray.ProblemFactory problem) throws IOException {
        byte[] content = in.readNBytes(NumpyArray.MAX_BYTES + 1);
        if (content.length > NumpyArray.MAX_BYTES) throw problem.of("has more than " + NumpyArray.MAX_BYTES + " bytes");
        return array(content, problem);
    }

    private static NumpyArray array(byte[] content, NumpyArray.ProblemFactory problems) throws FormatException {
        Header header = header(content, problems);
        ByteBuffer in = ByteBuffer.wrap(content).position(header.bytes());
        return new NumpyArray.ArrayHeader(
                        shape(header.dims(), problems), header.dtype(), header.order(), header.fortran())
                .read(in, problems);
    }

    /**
     * What stands before the values of an array.
     *
     * @param bytes of it
     * @param dtype NumPy's name without the byte order
     */
    record Header(int bytes, List<Long> dims, String dtype, ByteOrder order, boolean fortran) {}

    /** @param content the beginning of an array, with all of its header */
    static Header header(byte[] content, NumpyArray.ProblemFactory problems) throws FormatException {
        ByteBuffer in = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
        byte[] magic = new byte[MAGIC.length];
        if (in.remaining() < MAGIC.length + 6) throw problems.of("is too short for an array");
        in.get(magic);
        if (!Arrays.equals(magic, MAGIC)) throw problems.of("is no NumPy array");
        int major = in.get();
        in.get(); // minor
        if (major < 1 || major > 3) throw problems.of("has version " + major + " of the format; 1 to 3 can be read");
        long length = major == 1 ? Short.toUnsignedInt(in.getShort()) : Integer.toUnsignedLong(in.getInt());
        if (length > in.remaining()) throw problems.of("is truncated");
        String header = new String(content, in.position(), (int) length, StandardCharsets.ISO_8859_1);
        in.position(in.position() + (int) length);
        Matcher matcher = HEADER.matcher(header);
        if (!matcher.matches())
            throw problems.of("has a header that is not an array's of numbers: " + Pickle.shown(header.strip()));
        List<Long> dims = Arrays.stream(matcher.group(4).split(","))
                .map(String::strip)
                .filter(dim -> !dim.isEmpty())
                .map(Long::valueOf)
                .toList();
        return new Header(
                in.position(),
                dims,
                matcher.group(2),
                matcher.group(1).equals(">") ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN,
                matcher.group(3).equals("True"));
    }

    static Shape shape(List<Long> dims, NumpyArray.ProblemFactory problems) throws FormatException {
        try {
            Shape shape = new Shape(dims);
            if (shape.elements() <= NumpyArray.MAX_BYTES / Float.BYTES) return shape;
        } catch (ArithmeticException | IllegalArgumentException e) {
            // Reported below.
        }
        throw problems.of(
                "has the shape " + dims + "; at most " + NumpyArray.MAX_BYTES / Float.BYTES + " values are read");
    }

    /** Writes all arrays in 64 bits, stored, and leaves the stream open. The same arrays make the same bytes. */
    public static void write(OutputStream to, Map<String, NumpyArray> arrays) throws IOException {
        ZipOutputStream zip = new ZipOutputStream(to);
        for (Map.Entry<String, NumpyArray> array : arrays.entrySet()) {
            byte[] content = npy(array.getValue());
            CRC32 crc = new CRC32();
            crc.update(content);
            ZipEntry entry = new ZipEntry(array.getKey() + SUFFIX);
            entry.setMethod(ZipEntry.STORED);
            entry.setSize(content.length);
            entry.setCrc(crc.getValue());
            entry.setTimeLocal(LocalDateTime.of(1980, 1, 1, 0, 0));
            zip.putNextEntry(entry);
            zip.write(content);
        }
        zip.finish();
    }

    private static byte[] npy(NumpyArray array) {
        List<Long> dims = array.shape().dims();
        String shape =
                dims.stream().map(String::valueOf).collect(Collectors.joining(", ")) + (dims.size() == 1 ? "," : "");
        String header = "{'descr': '<f8', 'fortran_order': False, 'shape': (" + shape + "), }";
        int prefix = MAGIC.length + 4;
        int padded = Math.ceilDiv(prefix + header.length() + 1, ALIGNMENT) * ALIGNMENT - prefix;
        ByteBuffer npy = ByteBuffer.allocate(prefix + padded + array.values().length * Double.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN);
        npy.put(MAGIC).put((byte) 1).put((byte) 0).putShort((short) padded);
        npy.put((header + " ".repeat(padded - header.length() - 1) + "\n").getBytes(StandardCharsets.US_ASCII));
        for (double value : array.values()) npy.putDouble(value);
        return npy.array();
    }
}
