package phema.format;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;
import java.util.zip.CRC32;
import phema.digest.Digest;
import phema.format.DcpMetadata.ChunkPlace;
import phema.format.ZipIndex.StoredEntry;

/**
 * Reads a weight file once from its first byte to its last, and compares what can be compared: its structure, the
 * checksums of zip entries, the hash that sd-scripts leaves in metadata, and whether numbers are numbers.
 */
final class Verifier {
    private static final int CHUNK = 1 << 20;

    /** The key under which sd-scripts and kohya's tools keep the SHA-256 of all that follows the header. */
    private static final String CONTENT_HASH = "sshs_model_hash";

    private final Path path;
    private final LongConsumer progress;
    private final List<String> verified = new ArrayList<>();
    private final List<String> notVerifiable = new ArrayList<>();
    private final List<String> faults = new ArrayList<>();
    private Optional<WeightFile> file = Optional.empty();

    /** What lies in each file of a distributed checkpoint, in its order. */
    private Map<String, List<ChunkPlace>> records = Map.of();

    private Verifier(Path path, LongConsumer progress) {
        this.path = path;
        this.progress = progress;
    }

    /** @param progress told of bytes as they are read */
    static Verification verify(Path path, LongConsumer progress) throws IOException {
        return new Verifier(path, progress).run();
    }

    private Verification run() throws IOException {
        try {
            file = Optional.of(WeightFiles.read(path));
        } catch (FormatException e) {
            faults.add(reason(e));
        }
        if (file.isPresent() && file.get().format() == Format.DCP) records = DcpReader.records(path);
        long bytes = 0;
        if (file.isEmpty()) bytes = part(path, 0);
        else
            for (int part = 0; part < file.get().parts().size(); part++)
                bytes += part(file.get().parts().get(part).path(), part);
        if (file.isPresent()) {
            if (!file.get().isUntouched()) faults.add("changed while it was read; verify it again");
            describe(file.get());
        }
        return new Verification(path, bytes, verified, notVerifiable, faults);
    }

    private String reason(FormatException e) {
        String message = String.valueOf(e.getMessage());
        return message.startsWith(path + ": ") ? message.substring((path + ": ").length()) : message;
    }

    /** What reading the file compared already, and what its format has no means for. */
    private void describe(WeightFile known) {
        int tensors = known.tensors().size();
        switch (known.format()) {
            case SAFETENSORS -> {
                verified.addFirst("the header and its " + tensors
                        + " tensors, which cover the data without holes or overlaps"
                        + (known.parts().size() == 1
                                ? ""
                                : ", in each of " + known.parts().size() + " files"));
                if (verified.stream().noneMatch(line -> line.contains(CONTENT_HASH)))
                    notVerifiable.add("safetensors has no checksums: a changed number that is still a number goes"
                            + " unnoticed");
            }
            case EDM2_PICKLE -> {
                verified.addFirst("the pickle, and that each of " + tensors + " tensors lies within its storage");
                notVerifiable.add("pickles have no checksums: a changed number that is still a number goes unnoticed");
            }
            case DCP ->
                verified.addFirst("the metadata, and that the pieces of " + tensors
                        + " tensors lie within their storages and are each tensor's every element once");
            case TORCH_ZIP -> {
                verified.addFirst("the pickle, and that each of " + tensors + " tensors lies within its storage");
                if (verified.stream().noneMatch(line -> line.contains("CRC-32")) && notVerifiable.isEmpty())
                    notVerifiable.add("PyTorch's old format has no checksums: a changed number that is still a number"
                            + " goes unnoticed");
            }
        }
    }

    /** Reads one physical file. */
    private long part(Path real, int part) throws IOException {
        List<StoredEntry> entries = new ArrayList<>();
        try (InputFile input = InputFile.open(real)) {
            if (file.filter(f -> f.format() == Format.DCP).isPresent())
                for (ChunkPlace record : records.getOrDefault(String.valueOf(real.getFileName()), List.of()))
                    addEntries(input, record, entries);
            else if (isZip(input)) entries = new ZipIndex(input).stored(this::entryFault);
        } catch (FormatException e) {
            if (file.isPresent() || !faults.contains(reason(e))) faults.add(reason(e));
        }
        List<Tensor> tensors = file.map(WeightFile::tensors).orElse(List.of()).stream()
                .flatMap(tensor -> tensor.in(part).stream())
                .toList();
        NumberCheck numbers = new NumberCheck(tensors);
        Checksums checksums = new Checksums(entries);
        Optional<String> hash = file.filter(
                        f -> f.format() == Format.SAFETENSORS && f.parts().size() == 1)
                .map(WeightFile::metadata)
                .flatMap(metadata -> Optional.ofNullable(metadata.get(CONTENT_HASH)));
        long data = hash.isPresent()
                ? tensors.stream().mapToLong(Tensor::offset).min().orElse(0)
                : Long.MAX_VALUE;
        Digest digest = Digest.sha256();
        long position = 0;
        try (FileChannel channel = RegularFiles.open(real, anywhere -> true)) {
            byte[] window = new byte[NumberCheck.BEFORE + CHUNK];
            ByteBuffer buffer = ByteBuffer.wrap(window);
            while (true) {
                buffer.clear().position(NumberCheck.BEFORE);
                while (buffer.hasRemaining()
                        && channel.read(buffer, position + buffer.position() - NumberCheck.BEFORE) > 0) {
                    // until the window is full or the file ends
                }
                int count = buffer.position() - NumberCheck.BEFORE;
                if (count == 0) break;
                checksums.add(window, NumberCheck.BEFORE, count, position);
                numbers.add(window, count, position);
                if (position + count > data) {
                    int skipped = (int) Math.max(0, data - position);
                    digest.add(Arrays.copyOfRange(window, NumberCheck.BEFORE + skipped, NumberCheck.BEFORE + count));
                }
                position += count;
                progress.accept(count);
                System.arraycopy(window, count, window, 0, NumberCheck.BEFORE);
            }
        }
        checksums.end(tensors);
        numbers.end(verified, faults);
        if (hash.isPresent()) compare(hash.get(), digest.hex());
        else if (file.filter(f -> f.format() == Format.SAFETENSORS).isPresent())
            numbers.zerosAtEnd(notVerifiable, faults);
        return position;
    }

    /** Of what {@code torch.save} made of one chunk. */
    private void addEntries(InputFile input, ChunkPlace record, List<StoredEntry> to) throws IOException {
        long begin = record.offset();
        if (record.length() > input.size() || begin > input.size() - record.length()) return; // said already
        InputFile archive = input.slice(begin, record.length());
        if (!isZip(archive)) return;
        for (StoredEntry entry : new ZipIndex(archive).stored(this::entryFault))
            to.add(new StoredEntry(
                    entry.name(),
                    new ZipIndex.Range(
                            begin + entry.range().offset(), entry.range().length()),
                    entry.crc(),
                    entry.isCompressed()));
    }

    private static boolean isZip(InputFile input) throws IOException {
        if (input.size() < 4) return false;
        return input.cursor(0, 4).i32() == ZipIndex.LOCAL;
    }

    private void compare(String stated, String actual) {
        if (stated.equalsIgnoreCase(actual)) verified.add("all of the data, by the SHA-256 in " + CONTENT_HASH);
        else
            faults.add("its data have the SHA-256 " + actual + " where its metadata say " + CONTENT_HASH + " = "
                    + Pickle.shown(stated) + ": they are damaged, or were changed by something that kept the old hash");
    }

    private void entryFault(String problem) {
        if (!faults.contains(problem)) faults.add(problem);
    }

    /** The CRC-32 of all entries of an archive, which follow each other in the file. */
    private final class Checksums {
        private final List<StoredEntry> entries;
        private final CRC32 crc = new CRC32();
        private final List<StoredEntry> without = new ArrayList<>();
        private final List<StoredEntry> wrong = new ArrayList<>();
        private int next;
        private int right;

        Checksums(List<StoredEntry> entries) {
            this.entries = entries;
        }

        void add(byte[] window, int at, int count, long position) {
            while (next < entries.size()) {
                StoredEntry entry = entries.get(next);
                long from = Math.max(position, entry.range().offset());
                long to = Math.min(position + count, entry.range().end());
                if (from < to) crc.update(window, at + (int) (from - position), (int) (to - from));
                if (entry.range().end() > position + count) return;
                ended(entry);
            }
        }

        private void ended(StoredEntry entry) {
            if (entry.isCompressed() || entry.crc() == 0 && crc.getValue() != 0) without.add(entry);
            else if (crc.getValue() == entry.crc()) right++;
            else wrong.add(entry);
            crc.reset();
            next++;
        }

        void end(List<Tensor> tensors) {
            if (entries.isEmpty()) return;
            for (StoredEntry entry : wrong)
                faults.add("zip entry `" + Pickle.shown(entry.name()) + "`" + tensorsIn(entry, tensors)
                        + " does not match its CRC-32; it is damaged, take another copy of the file");
            verified.add(right + " of " + entries.size()
                    + " zip entries by their CRC-32, as the directory and their own" + " headers state it");
            if (!without.isEmpty())
                notVerifiable.add(without.size() + " zip entries, such as `"
                        + Pickle.shown(without.getFirst().name())
                        + "`, state no CRC-32 (phema writes none of elements, nor does torch after"
                        + " set_crc32_options(False)): a changed number that is still a number goes unnoticed");
        }

        private static String tensorsIn(StoredEntry entry, List<Tensor> tensors) {
            List<String> names = tensors.stream()
                    .filter(tensor -> tensor.elements() > 0
                            && tensor.offset() >= entry.range().offset()
                            && tensor.offset() < entry.range().end())
                    .map(tensor -> "`" + Pickle.shown(tensor.name()) + "`")
                    .toList();
            if (names.isEmpty()) return "";
            String some = names.stream().limit(3).collect(Collectors.joining(", "));
            return " (tensor " + some + (names.size() > 3 ? " and " + (names.size() - 3) + " more" : "") + ")";
        }
    }
}
