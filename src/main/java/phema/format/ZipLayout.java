package phema.format;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;
import phema.format.Layout.Literal;
import phema.format.Layout.Segment;
import phema.format.Layout.TensorElements;

/**
 * Lays out a zip archive of stored entries, with Zip64 where sizes, offsets or counts need it. Equal content makes
 * equal bytes: every entry is dated 1980-01-01.
 *
 * <p>Entries of elements state a CRC-32 of 0. Their real one depends on every element, while any range of an output can
 * be asked for before the others are computed. This is what {@code torch.save} writes after
 * {@code torch.serialization.set_crc32_options(False)}: {@code torch.load} has never checked it, but {@code unzip -t}
 * reports these entries. Bytes that would force the checksum to 0 depend on every element just as well.
 */
final class ZipLayout {
    /** The alignment of storages, that of PyTorch, so that they can be mapped. */
    private static final int ALIGNMENT = 64;

    /** The extra field that PyTorch pads with. */
    private static final int PADDING_FIELD = 'F' | 'B' << 8;

    private static final int VERSION = 20;
    private static final int VERSION_64 = 45;
    private static final int UTF_8_NAMES = 1 << 11;
    private static final int JANUARY_1980 = 1 << 5 | 1;

    private final List<Segment> segments = new ArrayList<>();
    private final ByteArrayOutputStream directory = new ByteArrayOutputStream();
    private ByteArrayOutputStream pending = new ByteArrayOutputStream();
    private long flushed;
    private long entries;

    void add(String name, byte[] content) {
        CRC32 crc = new CRC32();
        crc.update(content);
        header(name, content.length, crc.getValue());
        pending.writeBytes(content);
    }

    void add(String name, TensorElements elements) {
        header(name, elements.bytes(), 0);
        if (elements.bytes() == 0) return;
        flush();
        segments.add(elements);
        flushed += elements.bytes();
    }

    /** The whole archive. */
    List<Segment> finish() {
        long offset = position();
        long length = directory.size();
        pending.writeBytes(directory.toByteArray());
        if (entries >= ZipIndex.LIMIT_16 || offset >= ZipIndex.LIMIT_32) {
            long end = position();
            number(pending, 4, ZipIndex.END_64);
            number(pending, 8, 44);
            number(pending, 2, VERSION_64);
            number(pending, 2, VERSION_64);
            number(pending, 4, 0);
            number(pending, 4, 0);
            number(pending, 8, entries);
            number(pending, 8, entries);
            number(pending, 8, length);
            number(pending, 8, offset);
            number(pending, 4, ZipIndex.LOCATOR_64);
            number(pending, 4, 0);
            number(pending, 8, end);
            number(pending, 4, 1);
        }
        number(pending, 4, ZipIndex.END);
        number(pending, 4, 0);
        number(pending, 2, Math.min(entries, ZipIndex.LIMIT_16));
        number(pending, 2, Math.min(entries, ZipIndex.LIMIT_16));
        number(pending, 4, length);
        number(pending, 4, Math.min(offset, ZipIndex.LIMIT_32));
        number(pending, 2, 0);
        flush();
        return segments;
    }

    private void header(String name, long size, long crc) {
        byte[] utf8 = name.getBytes(StandardCharsets.UTF_8);
        long offset = position();
        ByteArrayOutputStream sizes = new ByteArrayOutputStream();
        if (size >= ZipIndex.LIMIT_32) {
            number(sizes, 8, size);
            number(sizes, 8, size);
        }
        ByteArrayOutputStream extra = zip64(sizes);
        int padding = Math.floorMod(-(offset + 30 + utf8.length + extra.size() + 4), ALIGNMENT);
        number(extra, 2, PADDING_FIELD);
        number(extra, 2, padding);
        for (int i = 0; i < padding; i++) extra.write('Z');

        number(pending, 4, ZipIndex.LOCAL);
        common(pending, utf8, extra, size, crc);
        pending.writeBytes(utf8);
        pending.writeBytes(extra.toByteArray());

        if (offset >= ZipIndex.LIMIT_32) number(sizes, 8, offset);
        extra = zip64(sizes);
        number(directory, 4, ZipIndex.CENTRAL);
        number(directory, 2, VERSION_64);
        common(directory, utf8, extra, size, crc);
        number(directory, 2, 0); // comment
        number(directory, 2, 0); // disk
        number(directory, 6, 0); // attributes
        number(directory, 4, Math.min(offset, ZipIndex.LIMIT_32));
        directory.writeBytes(utf8);
        directory.writeBytes(extra.toByteArray());
        entries++;
    }

    /** What local headers and the directory's have in common. */
    private static void common(
            ByteArrayOutputStream out, byte[] name, ByteArrayOutputStream extra, long size, long crc) {
        number(out, 2, size >= ZipIndex.LIMIT_32 ? VERSION_64 : VERSION);
        number(out, 2, UTF_8_NAMES);
        number(out, 2, 0); // stored
        number(out, 2, 0); // midnight
        number(out, 2, JANUARY_1980);
        number(out, 4, crc);
        number(out, 4, Math.min(size, ZipIndex.LIMIT_32));
        number(out, 4, Math.min(size, ZipIndex.LIMIT_32));
        number(out, 2, name.length);
        number(out, 2, extra.size());
    }

    private static ByteArrayOutputStream zip64(ByteArrayOutputStream values) {
        ByteArrayOutputStream field = new ByteArrayOutputStream();
        if (values.size() == 0) return field;
        number(field, 2, ZipIndex.ZIP64_FIELD);
        number(field, 2, values.size());
        field.writeBytes(values.toByteArray());
        return field;
    }

    private static void number(ByteArrayOutputStream out, int bytes, long value) {
        for (int i = 0; i < bytes; i++) out.write((int) (value >>> (8 * i)));
    }

    private long position() {
        return flushed + pending.size();
    }

    private void flush() {
        segments.add(new Literal(pending.toByteArray()));
        flushed += pending.size();
        pending = new ByteArrayOutputStream();
    }
}
