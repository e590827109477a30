package phema.format;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Reads the directory of a zip archive whose entries are stored or deflated (PKWARE's APPNOTE.TXT, sections 4.3 and
 * 4.5.3), Zip64 or not. Entries are found at positions, so nothing between the directory and what is asked for is read.
 * Whatever two zip readers could understand differently is refused: other entries than the directory's, names twice,
 * overlaps, bytes before or behind the archive.
 */
final class ZipIndex {
    /** The number of bytes from which on a size or offset is stored in its Zip64 field. */
    static final long LIMIT_32 = 0xffff_ffffL;

    static final int LIMIT_16 = 0xffff;

    static final int LOCAL = 0x0403_4b50;
    static final int CENTRAL = 0x0201_4b50;
    static final int END = 0x0605_4b50;
    static final int END_64 = 0x0606_4b50;
    private static final long DESCRIPTOR = 0x0807_4b50L;
    static final int LOCATOR_64 = 0x0706_4b50;

    static final int ZIP64_FIELD = 1;

    private static final int END_BYTES = 22;
    private static final int LOCATOR_BYTES = 20;
    private static final int LOCAL_BYTES = 30;
    private static final int LOCAL_CRC = 14;
    private static final int CENTRAL_CRC = 16;
    private static final int CENTRAL_BYTES = 46;

    /** The bytes at the end in which a small directory lies as well, so that one read finds both. */
    private static final int USUAL_END = 1 << 12;

    private static final int ENCRYPTED = 1 | 1 << 6 | 1 << 13;
    private static final int SIZES_FOLLOW = 1 << 3;
    private static final int DEFLATED = 8;

    /** The largest directory: three entries per tensor of the largest models, with long names. */
    private static final long MAX_DIRECTORY = 100_000_000;

    private static final int MAX_ENTRIES = 1 << 19;

    /** The bytes that are unpacked at once. */
    private static final int CHUNK = 1 << 16;

    private final InputFile file;
    private final Map<String, Entry> entries = new HashMap<>();
    private final Set<Entry> located = new HashSet<>();

    /** Where the entry that begins at a place must have ended: where the next one begins, or the directory. */
    private final Map<Long, Long> limits = new HashMap<>();

    /**
     * @param place where the directory describes it
     * @param header where its local header begins
     * @param stored bytes in the archive
     * @param size bytes unpacked
     * @param crc CRC-32 of these
     */
    private record Entry(
            String name, long place, long header, long stored, long size, long crc, int flags, int method) {}

    /** A stretch of the file. */
    record Range(long offset, long length) {
        long end() {
            return offset + length;
        }
    }

    /** An entry and what the directory says of its content. */
    record StoredEntry(String name, Range range, long crc, boolean isCompressed) {}

    private record Directory(long offset, long length, long entries) {}

    /** @throws FormatException when the file is no zip archive, or one that this class refuses */
    ZipIndex(InputFile file) throws IOException {
        this.file = file;
        Directory directory = directory(findEnd());
        List<Entry> inOrder = new ArrayList<>();
        Cursor in = file.cursor(directory.offset(), directory.length());
        for (long i = 0; i < directory.entries(); i++) inOrder.add(entry(in, directory.offset()));
        if (in.remaining() > 0) throw file.broken("has " + in.remaining() + " bytes too many in its zip directory");

        inOrder.sort(Comparator.comparingLong(Entry::header));
        for (int i = 0; i < inOrder.size(); i++) {
            Entry entry = inOrder.get(i);
            long limit = i + 1 < inOrder.size() ? inOrder.get(i + 1).header() : directory.offset();
            if (entry.stored() > limit - entry.header() - LOCAL_BYTES)
                throw broken(entry.name(), "overlaps what follows it, or reaches beyond the archive");
            limits.put(entry.header(), limit);
            if (entries.put(entry.name(), entry) != null) throw broken(entry.name(), "is there twice");
        }
    }

    Set<String> names() {
        return entries.keySet();
    }

    /** Finds where the content of an entry lies; empty when there is none of this name. */
    Optional<Range> find(String name) throws IOException {
        Entry entry = entries.get(name);
        if (entry == null) return Optional.empty();
        if (entry.method() != 0)
            throw broken(
                    name,
                    "is compressed, so its elements cannot be read in place; load the file with torch and save it "
                            + "again");
        return Optional.of(locate(entry));
    }

    /**
     * All entries in the order of the file, their own headers compared with the directory.
     *
     * @param faults told of entries that contradict it; those that cannot be found are left out
     */
    List<StoredEntry> stored(Consumer<String> faults) throws IOException {
        List<StoredEntry> stored = new ArrayList<>();
        List<Entry> inOrder = entries.values().stream()
                .sorted(Comparator.comparingLong(Entry::header))
                .toList();
        for (Entry entry : inOrder) {
            try {
                Range range = locate(entry);
                if (ownCrc(entry, range) != entry.crc())
                    faults.accept("zip entry `" + Pickle.shown(entry.name())
                            + "` states another CRC-32 in its own header than in the directory; one of both is"
                            + " damaged");
                stored.add(new StoredEntry(entry.name(), range, entry.crc(), entry.method() != 0));
            } catch (FormatException e) {
                faults.accept(String.valueOf(e.getMessage()).replaceFirst("^.*?: (?=zip entry)", ""));
            }
        }
        return stored;
    }

    /** In the local header, or behind the content where that says so, with or without a signature. */
    private long ownCrc(Entry entry, Range range) throws IOException {
        if ((entry.flags() & SIZES_FOLLOW) == 0)
            return file.cursor(entry.header() + LOCAL_CRC, 4).u32();
        long limit = limits.getOrDefault(entry.header(), 0L);
        Cursor behind = file.cursor(range.end(), limit - range.end());
        long first = behind.u32();
        return first == DESCRIPTOR ? behind.u32() : first;
    }

    /**
     * The content of an entry, unpacked and checked against its CRC-32.
     *
     * @param most bytes that are expected at most; a larger entry is refused before anything is unpacked
     */
    Optional<byte[]> content(String name, int most) throws IOException {
        Entry entry = entries.get(name);
        if (entry == null) return Optional.empty();
        if (entry.method() != 0 && entry.method() != DEFLATED)
            throw broken(
                    name, "is compressed by method " + entry.method() + "; only stored and deflated ones can be read");
        if (entry.size() > most || entry.stored() > most)
            throw broken(name, "has " + entry.size() + " bytes; at most " + most + " are expected");
        Range range = locate(entry);
        byte[] stored = new byte[(int) range.length()];
        file.read(range.offset(), stored);
        byte[] content = entry.method() == 0 ? stored : inflated(entry, stored);
        CRC32 crc = new CRC32();
        crc.update(content);
        if (crc.getValue() != entry.crc()) throw broken(name, "is damaged: its content has another checksum");
        return Optional.of(content);
    }

    /** The places on which nothing depends that was found so far: checksums, and entries that nobody asked for. */
    List<Range> free() {
        List<Range> free = new ArrayList<>();
        for (Entry entry : entries.values()) {
            free.add(new Range(entry.place() + CENTRAL_CRC, Integer.BYTES));
            free.add(
                    located.contains(entry)
                            ? new Range(entry.header() + LOCAL_CRC, Integer.BYTES)
                            : new Range(entry.header(), limits.getOrDefault(entry.header(), 0L) - entry.header()));
        }
        return free;
    }

    /** Whether an entry's content lies in the archive as it is. */
    boolean isStored(String name) {
        return entry(name).method() == 0;
    }

    /** CRC-32 of an entry's content, as the directory has it. */
    long checksum(String name) {
        return entry(name).crc();
    }

    private Entry entry(String name) {
        return Objects.requireNonNull(entries.get(name), name);
    }

    /** Writes the content of an entry of any size, and compares it with its CRC-32. */
    void unpack(String name, OutputStream to) throws IOException {
        Entry entry = entry(name);
        if (entry.method() != DEFLATED) throw broken(name, "is compressed by method " + entry.method());
        Range range = locate(entry);
        CRC32 crc = new CRC32();
        long done = 0;
        byte[] unpacked = new byte[CHUNK];
        try (Inflater inflater = new Inflater(true)) {
            for (long at = 0; at < range.length() && !inflater.finished(); at += CHUNK) {
                byte[] packed = new byte[(int) Math.min(CHUNK, range.length() - at)];
                file.read(range.offset() + at, packed);
                inflater.setInput(packed);
                for (int n = inflater.inflate(unpacked); n > 0; n = inflater.inflate(unpacked)) {
                    done += n;
                    if (done > entry.size()) throw broken(name, "unpacks to more bytes than it has");
                    crc.update(unpacked, 0, n);
                    to.write(unpacked, 0, n);
                }
            }
        } catch (DataFormatException e) {
            throw broken(name, "is damaged and cannot be unpacked");
        }
        if (done < entry.size()) throw broken(name, "unpacks to fewer bytes than it has");
        if (crc.getValue() != entry.crc()) throw broken(name, "is damaged: its content has another checksum");
    }

    private byte[] inflated(Entry entry, byte[] stored) throws FormatException {
        byte[] content = new byte[(int) entry.size()];
        try (Inflater inflater = new Inflater(true)) {
            inflater.setInput(stored);
            int done = 0;
            while (done < content.length) {
                int n = inflater.inflate(content, done, content.length - done);
                if (n == 0) break;
                done += n;
            }
            if (done < content.length || inflater.inflate(new byte[1]) > 0 || inflater.getRemaining() > 0)
                throw broken(entry.name(), "unpacks to more or fewer bytes than it has");
            return content;
        } catch (DataFormatException e) {
            throw broken(entry.name(), "is damaged and cannot be unpacked");
        }
    }

    /** Where the bytes of an entry lie, packed or not. */
    private Range locate(Entry entry) throws IOException {
        String name = entry.name();
        if ((entry.flags() & ENCRYPTED) != 0) throw broken(name, "is encrypted");
        if (entry.method() == 0 && entry.size() != entry.stored())
            throw broken(name, "is stored in fewer or more bytes than it has");
        Cursor in = file.cursor(entry.header(), limits.getOrDefault(entry.header(), 0L) - entry.header());
        if (in.i32() != LOCAL) throw broken(name, "has no header where the directory says");
        in.skip(2); // version needed
        int flags = in.u16();
        int method = in.u16();
        in.skip(8); // time, date, CRC-32: checked by whoever unpacks archives
        long stored = in.u32();
        long size = in.u32();
        int nameBytes = in.u16();
        int extraBytes = in.u16();
        if (!in.utf8(nameBytes).equals(name)
                || flags != entry.flags()
                || method != entry.method()
                || !agrees(stored, entry.stored(), flags)
                || !agrees(size, entry.size(), flags))
            throw broken(name, "has a header that contradicts the directory");
        in.skip(extraBytes);
        if (entry.stored() > in.remaining()) throw broken(name, "overlaps what follows it");
        located.add(entry);
        return new Range(in.position(), entry.stored());
    }

    private static boolean agrees(long size, long inDirectory, int flags) {
        return size == inDirectory || size == LIMIT_32 || (size == 0 && (flags & SIZES_FOLLOW) != 0);
    }

    /**
     * The end record is the last thing in the file, but for a comment that nobody writes and that must fill the file.
     */
    private long findEnd() throws IOException {
        long near = findEnd(USUAL_END);
        long end = near >= 0 ? near : findEnd(END_BYTES + LIMIT_16);
        if (end >= 0) return end;
        throw file.incomplete("has no zip directory at its end; it is truncated, or not completely written yet");
    }

    /** In the last so many bytes; negative when it is not there. */
    private long findEnd(int most) throws IOException {
        byte[] tail = new byte[(int) Math.min(file.size(), most)];
        long start = file.size() - tail.length;
        file.read(start, tail);
        ByteBuffer bytes = ByteBuffer.wrap(tail).order(ByteOrder.LITTLE_ENDIAN);
        for (int at = tail.length - END_BYTES; at >= 0; at--) {
            int comment = tail.length - at - END_BYTES;
            if (bytes.getInt(at) == END && Short.toUnsignedInt(bytes.getShort(at + END_BYTES - 2)) == comment)
                return start + at;
        }
        return -1;
    }

    private Directory directory(long end) throws IOException {
        Cursor record = file.cursor(end, END_BYTES);
        record.skip(4);
        int disk = record.u16();
        int startDisk = record.u16();
        int here = record.u16();
        int count = record.u16();
        long length = record.u32();
        long offset = record.u32();
        if (end >= LOCATOR_BYTES) {
            Cursor locator = file.cursor(end - LOCATOR_BYTES, LOCATOR_BYTES);
            if (locator.i32() == LOCATOR_64) return directory64(locator, end - LOCATOR_BYTES);
        }
        if (disk != 0 || startDisk != 0 || here != count) throw split();
        return checked(new Directory(offset, length, count), end);
    }

    private Directory directory64(Cursor locator, long end) throws IOException {
        int disk = locator.i32();
        long begin = locator.i64();
        if (disk != 0 || locator.i32() != 1) throw split();
        if (begin < 0 || begin > end) throw damaged();
        Cursor record = file.cursor(begin, end - begin);
        if (record.i32() != END_64 || record.i64() != record.remaining()) throw damaged();
        record.skip(4); // versions
        if (record.i64() != 0) throw split(); // two disk numbers
        long here = record.i64();
        long count = record.i64();
        if (here != count) throw split();
        long length = record.i64();
        return checked(new Directory(record.i64(), length, count), begin);
    }

    private Directory checked(Directory directory, long end) throws FormatException {
        if (directory.offset() < 0 || directory.length() < 0 || directory.offset() != end - directory.length())
            throw damaged();
        if (directory.length() > MAX_DIRECTORY)
            throw file.broken("has a zip directory of " + directory.length() + " bytes; at most " + MAX_DIRECTORY
                    + " are allowed");
        if (directory.entries() > MAX_ENTRIES)
            throw file.broken("has a zip directory of " + directory.entries() + " entries; at most " + MAX_ENTRIES
                    + " are allowed");
        if (directory.entries() < 0 || directory.entries() > directory.length() / CENTRAL_BYTES) throw damaged();
        return directory;
    }

    private Entry entry(Cursor in, long directory) throws IOException {
        long place = in.position();
        if (in.i32() != CENTRAL) throw damaged();
        in.skip(4); // versions
        int flags = in.u16();
        int method = in.u16();
        in.skip(4); // time, date
        long crc = in.u32();
        long stored = in.u32();
        long size = in.u32();
        int nameBytes = in.u16();
        int extraBytes = in.u16();
        int commentBytes = in.u16();
        int disk = in.u16();
        in.skip(6); // attributes
        long header = in.u32();
        String name = in.utf8(nameBytes);
        Cursor extra = file.cursor(in.position(), Math.min(extraBytes, in.remaining()));
        in.skip(extraBytes);
        in.skip(commentBytes);

        if (disk != 0) throw split();
        // The Zip64 field holds, in this order, those that did not fit.
        if (size == LIMIT_32 || stored == LIMIT_32 || header == LIMIT_32) {
            Cursor wide = zip64Field(name, extra);
            if (size == LIMIT_32) size = wide.i64();
            if (stored == LIMIT_32) stored = wide.i64();
            if (header == LIMIT_32) header = wide.i64();
        }
        if (stored < 0 || header < 0 || header > directory)
            throw broken(name, "has a size or place that is not in the file");
        return new Entry(name, place, header, stored, size, crc, flags, method);
    }

    private Cursor zip64Field(String name, Cursor extra) throws IOException {
        while (extra.remaining() >= 4) {
            int id = extra.u16();
            int length = extra.u16();
            extra.demand(length);
            if (id == ZIP64_FIELD) return file.cursor(extra.position(), length);
            extra.skip(length);
        }
        throw broken(name, "lacks its Zip64 sizes");
    }

    private FormatException broken(String name, String problem) {
        return file.broken("zip entry `" + Pickle.shown(name) + "` " + problem);
    }

    private FormatException split() {
        return file.broken("is a part of a zip archive split into several files, or its directory is damaged");
    }

    private FormatException damaged() {
        return file.broken("has a damaged zip directory, or something before or behind it");
    }
}
