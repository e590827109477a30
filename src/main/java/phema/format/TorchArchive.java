package phema.format;

import java.io.IOException;
import java.math.BigInteger;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import phema.format.ZipIndex.Range;

/**
 * Reads the zip archive that {@code torch.save} writes since PyTorch 1.6, in whose one folder {@code data.pkl}
 * describes the saved object and {@code data/KEY} holds the elements of each storage.
 */
final class TorchArchive {
    private static final String KIND = "a torch checkpoint";

    /** The value of {@code kMaxSupportedFileFormatVersion} in PyTorch's {@code caffe2/serialize/versions.h}. */
    private static final int MAX_VERSION = 10;

    private static final int MAX_RECORD = 64;
    private static final String STORAGES = "data/";

    private static final Pattern PICKLE = Pattern.compile("[^/]+/data\\.pkl");
    private static final Pattern VERSION = Pattern.compile("\\d{1,3}");

    private final InputFile file;
    private final ZipIndex zip;
    private final String folder;
    private final Map<String, Range> records = new HashMap<>();

    /** @throws FormatException when the file is no such archive */
    TorchArchive(InputFile file) throws IOException {
        this.file = file;
        zip = new ZipIndex(file);
        folder = folder();
    }

    /** That of its pickle. */
    int protocol() throws IOException {
        return Pickle.protocol(file, record("data.pkl").offset());
    }

    /** What was saved. */
    Value root() throws IOException {
        requireReadable();
        Range pickle = record("data.pkl");
        Cursor in = file.cursor(pickle.offset(), pickle.length());
        Value root = Pickle.readAny(in, KIND, any -> {}, TorchZipReader.MAX_OPCODES);
        if (in.remaining() > 0) throw file.broken(in.remaining() + " bytes follow the end of the pickle");
        return root;
    }

    /** Reads its tensors. */
    TorchTensors tensors() {
        return new TorchTensors(file, this::storage);
    }

    /** Where the elements lie of the one storage that was asked for; empty where several were, or none. */
    Optional<Range> elements() {
        List<Range> storages = records.entrySet().stream()
                .filter(record -> record.getKey().startsWith(STORAGES))
                .map(Map.Entry::getValue)
                .toList();
        return storages.size() == 1 ? Optional.of(storages.getFirst()) : Optional.empty();
    }

    /** @see ZipIndex#free */
    List<Range> free() {
        return zip.free();
    }

    /** Finds the one folder in which everything lies, named after the file that was saved, or {@code archive}. */
    private String folder() throws FormatException {
        List<String> pickles =
                zip.names().stream().filter(PICKLE.asMatchPredicate()).toList();
        if (pickles.size() != 1)
            throw file.broken("is a zip archive, but not one of torch.save: it has " + pickles.size()
                    + " files data.pkl in a folder instead of one");
        String pickle = pickles.getFirst();
        return pickle.substring(0, pickle.indexOf('/') + 1);
    }

    private void requireReadable() throws IOException {
        if (zip.names().contains(folder + "constants.pkl"))
            throw file.broken("is a TorchScript program; save the state_dict() of what torch.jit.load makes of it");
        if (zip.names().contains(folder + "byteorder") && !text("byteorder").equals("little"))
            throw file.broken("was saved on a big-endian machine; load it with torch and save it on another");
        String version = text("version");
        if (!VERSION.matcher(version).matches() || Integer.parseInt(version) > MAX_VERSION)
            throw file.broken("is of version " + Pickle.shown(version) + " of PyTorch's format; up to " + MAX_VERSION
                    + " can be read");
    }

    private String text(String name) throws IOException {
        Range range = record(name);
        if (range.length() > MAX_RECORD)
            throw file.broken("has a file " + folder + name + " of " + range.length() + " bytes");
        return file.cursor(range.offset(), range.length())
                .utf8((int) range.length())
                .strip();
    }

    private Range record(String name) throws IOException {
        Range known = records.get(name);
        if (known != null) return known;
        Range range =
                zip.find(folder + name).orElseThrow(() -> file.broken("lacks its file " + Pickle.shown(folder + name)));
        records.put(name, range);
        return range;
    }

    private Optional<TorchStorage> storage(Value value) throws IOException {
        Optional<StorageId> found = StorageId.of(value);
        if (found.isEmpty()) return Optional.empty();
        StorageId id = found.get();
        Range range = record(STORAGES + id.key());
        if (!id.elements().multiply(BigInteger.valueOf(id.width())).equals(BigInteger.valueOf(range.length())))
            throw file.broken("has " + range.length() + " bytes in " + Pickle.shown(folder + STORAGES + id.key())
                    + " where " + id.elements() + " elements of " + id.width() + " bytes belong");
        return Optional.of(new TorchStorage(id.dtype(), range.offset(), range.length()));
    }
}
