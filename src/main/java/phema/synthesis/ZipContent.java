package phema.synthesis;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;
import phema.digest.Digest;

/**
 * Packs files into a zip archive of stored entries while they are sent (APPNOTE 6.3.10, with Zip64 where sizes need
 * it). Checksums stand behind the entries: they depend on every byte, which nobody has seen before. Whoever asks for
 * the end of an archive alone waits until all of it was computed once.
 */
final class ZipContent implements Content {
    private static final String VERSION = "phema-zip-1";
    private static final long LIMIT_32 = 0xffff_ffffL;
    private static final int NEEDED = 20;
    private static final int NEEDED_64 = 45;

    /** The flags of entries: names are UTF-8, and what is not known before follows the content. */
    private static final int FLAGS = 1 << 11 | 1 << 3;

    private static final int JANUARY_1980 = 1 << 5 | 1;

    private final String fileName;
    private final List<Content> files;
    private final Checksums checksums;
    private final List<Piece> pieces = new ArrayList<>();
    private final long size;

    /** A stretch of the archive. */
    private interface Piece {
        long bytes();

        void send(WritableByteChannel to, long offset, long length) throws IOException;
    }

    /** Remembers the checksums of contents that were seen as a whole. Safe for use by many threads. */
    static final class Checksums {
        private static final int KEPT = 10_000;

        private final Map<String, Long> known = LatestMap.of(KEPT);

        long of(Content content) throws IOException {
            @Nullable Long before = known.get(content.identity());
            if (before != null) return before;
            send(content, null);
            return Objects.requireNonNull(known.get(content.identity()));
        }

        void send(Content content, @Nullable WritableByteChannel to) throws IOException {
            CRC32 crc = new CRC32();
            content.transferTo(new Summing(crc, to), 0, content.size());
            known.put(content.identity(), crc.getValue());
        }
    }

    /** Sums up what passes. */
    private record Summing(CRC32 crc, @Nullable WritableByteChannel to) implements WritableByteChannel {
        @Override
        public int write(ByteBuffer bytes) throws IOException {
            int length = bytes.remaining();
            crc.update(bytes.duplicate());
            if (to == null) bytes.position(bytes.limit());
            else while (bytes.hasRemaining()) to.write(bytes);
            return length;
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {}
    }

    /** @param files by their paths in the archive */
    ZipContent(String fileName, List<Content> files, Checksums checksums) {
        this.fileName = fileName;
        this.files = List.copyOf(files);
        this.checksums = checksums;
        List<Long> starts = new ArrayList<>();
        long position = 0;
        for (Content file : files) {
            starts.add(position);
            byte[] header = local(file);
            pieces.add(literal(header.length, () -> header));
            pieces.add(content(file));
            int descriptor = isLarge(file) ? 24 : 16;
            pieces.add(literal(descriptor, () -> descriptor(file)));
            position += header.length + file.size() + descriptor;
        }
        long directory = position;
        int length = directory(starts, directory, Collections.nCopies(files.size(), 0L)).length;
        pieces.add(literal(length, () -> {
            List<Long> sums = new ArrayList<>();
            for (Content file : files) sums.add(checksums.of(file));
            return directory(starts, directory, sums);
        }));
        size = position + length;
    }

    /** Bytes that may have to be computed. */
    private interface Bytes {
        byte[] get() throws IOException;
    }

    private static Piece literal(int length, Bytes bytes) {
        return new Piece() {
            @Override
            public long bytes() {
                return length;
            }

            @Override
            public void send(WritableByteChannel to, long offset, long count) throws IOException {
                ByteBuffer part = ByteBuffer.wrap(bytes.get(), (int) offset, (int) count);
                while (part.hasRemaining()) to.write(part);
            }
        };
    }

    private Piece content(Content file) {
        return new Piece() {
            @Override
            public long bytes() {
                return file.size();
            }

            @Override
            public void send(WritableByteChannel to, long offset, long count) throws IOException {
                if (count == file.size()) checksums.send(file, to);
                else file.transferTo(to, offset, count);
            }
        };
    }

    private static boolean isLarge(Content file) {
        return file.size() >= LIMIT_32;
    }

    private static byte[] name(Content file) {
        return file.fileName().getBytes(StandardCharsets.UTF_8);
    }

    private static ByteBuffer little(int capacity) {
        return ByteBuffer.allocate(capacity).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static void common(ByteBuffer out, Content file) {
        out.putShort((short) (isLarge(file) ? NEEDED_64 : NEEDED))
                .putShort((short) FLAGS)
                .putShort((short) 0) // stored
                .putShort((short) 0) // midnight
                .putShort((short) JANUARY_1980);
    }

    private static byte[] local(Content file) {
        byte[] name = name(file);
        ByteBuffer out = little(30 + name.length + (isLarge(file) ? 20 : 0)).putInt(0x04034b50);
        common(out, file);
        int unknown = isLarge(file) ? -1 : 0;
        out.putInt(0).putInt(unknown).putInt(unknown);
        out.putShort((short) name.length).putShort((short) (isLarge(file) ? 20 : 0));
        out.put(name);
        if (isLarge(file))
            out.putShort((short) 1).putShort((short) 16).putLong(0).putLong(0);
        return out.array();
    }

    private byte[] descriptor(Content file) throws IOException {
        ByteBuffer out = little(isLarge(file) ? 24 : 16).putInt(0x08074b50).putInt((int) checksums.of(file));
        if (isLarge(file)) out.putLong(file.size()).putLong(file.size());
        else out.putInt((int) file.size()).putInt((int) file.size());
        return out.array();
    }

    /** @param sums checksums, by file */
    private byte[] directory(List<Long> starts, long position, List<Long> sums) {
        int capacity =
                files.stream().mapToInt(file -> 46 + name(file).length + 28).sum();
        ByteBuffer out = little(capacity + 98);
        for (int i = 0; i < files.size(); i++) entry(out, files.get(i), starts.get(i), sums.get(i));
        int length = out.position();
        boolean large = position >= LIMIT_32 || files.size() >= 0xffff;
        if (large) {
            out.putInt(0x06064b50).putLong(44).putShort((short) NEEDED_64).putShort((short) NEEDED_64);
            out.putInt(0).putInt(0).putLong(files.size()).putLong(files.size());
            out.putLong(length).putLong(position);
            out.putInt(0x07064b50).putInt(0).putLong(position + length).putInt(1);
        }
        short count = (short) (large ? 0xffff : files.size());
        out.putInt(0x06054b50).putInt(0).putShort(count).putShort(count);
        out.putInt(length).putInt((int) Math.min(position, LIMIT_32)).putShort((short) 0);
        byte[] bytes = new byte[out.position()];
        out.flip().get(bytes);
        return bytes;
    }

    private static void entry(ByteBuffer out, Content file, long start, long crc) {
        byte[] name = name(file);
        boolean far = start >= LIMIT_32;
        int extra = (isLarge(file) ? 16 : 0) + (far ? 8 : 0);
        out.putInt(0x02014b50).putShort((short) NEEDED_64);
        common(out, file);
        int size = (int) (isLarge(file) ? LIMIT_32 : file.size());
        out.putInt((int) crc).putInt(size).putInt(size);
        out.putShort((short) name.length).putShort((short) (extra == 0 ? 0 : extra + 4));
        out.putShort((short) 0).putShort((short) 0).putShort((short) 0).putInt(0); // comment, disk, attributes
        out.putInt((int) (far ? LIMIT_32 : start)).put(name);
        if (extra == 0) return;
        out.putShort((short) 1).putShort((short) extra);
        if (isLarge(file)) out.putLong(file.size()).putLong(file.size());
        if (far) out.putLong(start);
    }

    @Override
    public String fileName() {
        return fileName;
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public String identity() {
        Digest digest = Digest.sha256().add(VERSION + "\0");
        for (Content file : files) digest.add(file.fileName() + "\0" + file.identity() + "\0");
        return digest.hex(40);
    }

    @Override
    public void transferTo(WritableByteChannel target, long offset, long length) throws IOException {
        Objects.checkFromIndexSize(offset, length, size);
        long start = 0;
        for (Piece piece : pieces) {
            long from = Math.max(offset, start);
            long to = Math.min(offset + length, start + piece.bytes());
            if (from < to) piece.send(target, from - start, to - from);
            start += piece.bytes();
        }
    }
}
