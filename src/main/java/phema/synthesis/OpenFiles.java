package phema.synthesis;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import phema.digest.Digest;
import phema.format.FilePart;
import phema.format.FileStamp;
import phema.format.RegularFiles;
import phema.format.Tensor;
import phema.format.WeightFile;
import phema.problem.Problem;

/**
 * Keeps channels to input files, shared by everything that reads them at the same time, so that many clients do not
 * need many file descriptors; and no more than so many at a time, since a checkpoint of a cluster has a file for each
 * rank. What was not read for longest is closed, and opened anew when it is wanted again.
 */
final class OpenFiles {
    /** The bytes that are read at once to pick elements from. */
    private static final int WINDOW = 256 << 10;

    /** The most channels that are kept open, but for those that are being read. */
    private static final int MOST = 512;

    private final Predicate<Path> mayRead;
    private final int most;
    private final Map<FilePart, Shared> shared = new HashMap<>();
    private final Set<Shared> opened = ConcurrentHashMap.newKeySet();
    private final AtomicLong reads = new AtomicLong();
    private final LongAdder bytesRead = new LongAdder();

    /** Opened by its first user, while the others of the same file wait, and nobody else: storage may take its time. */
    private final class Shared {
        final FilePart part;
        int users;
        private @Nullable FileChannel channel;
        private int readers;

        /** When it was last read, counted in reads. */
        private volatile long lastRead;

        Shared(FilePart part) {
            this.part = part;
        }

        /** Opens it where it is not, and keeps it so until {@link #release}. */
        synchronized FileChannel borrow() throws IOException {
            lastRead = reads.incrementAndGet();
            if (channel == null) {
                if (FileStamp.of(part.path()).isEmpty()) throw Problem.changed(part.path(), "is gone");
                channel = RegularFiles.open(part.path(), mayRead);
                opened.add(this);
                requireUnchanged(part);
            }
            readers++;
            return channel;
        }

        synchronized void release() {
            readers--;
        }

        /** Unless it is being read. */
        synchronized void rest() throws IOException {
            if (readers == 0) close();
        }

        synchronized void close() throws IOException {
            opened.remove(this);
            if (channel != null) channel.close();
            channel = null;
        }
    }

    /**
     * @param mayRead as for {@link RegularFiles#open}; asked anew each time, as names may lead elsewhere than when they
     * were indexed
     */
    OpenFiles(Predicate<Path> mayRead) {
        this(mayRead, MOST);
    }

    /** @param most channels that are kept open */
    OpenFiles(Predicate<Path> mayRead, int most) {
        this.mayRead = mayRead;
        this.most = most;
    }

    /** Bytes read from all files so far. */
    long bytesRead() {
        return bytesRead.sum();
    }

    /** Counts the files that are open now. */
    int count() {
        return opened.size();
    }

    /** Opens all files, each as it was indexed. @throws Problem when one changed since or is gone */
    Inputs open(List<WeightFile> files) throws IOException {
        Inputs inputs = new Inputs();
        try {
            for (WeightFile file : files) {
                List<Shared> parts = new ArrayList<>();
                for (FilePart part : file.parts()) {
                    Shared shared = use(part);
                    inputs.parts.add(part);
                    parts.add(shared);
                    shared.borrow();
                    shared.release();
                    makeRoom();
                }
                inputs.files.add(List.copyOf(parts));
            }
            for (FilePart part : inputs.parts) inputs.begun.add(requireUnchanged(part));
            return inputs;
        } catch (IOException | RuntimeException e) {
            inputs.close();
            throw e;
        }
    }

    private synchronized Shared use(FilePart part) {
        Shared file = shared.computeIfAbsent(part, Shared::new);
        file.users++;
        return file;
    }

    private void release(FilePart part) throws IOException {
        Shared unused;
        synchronized (this) {
            Shared file = shared.get(part);
            if (file == null || --file.users > 0) return;
            shared.remove(part);
            unused = file;
        }
        unused.close();
    }

    /** Closes a quarter of the files at once, as looking for the right ones takes time. */
    private void makeRoom() throws IOException {
        if (opened.size() <= most) return;
        List<Shared> longest = opened.stream()
                .sorted(Comparator.comparingLong((Shared file) -> file.lastRead))
                .limit(opened.size() - most + most / 4)
                .toList();
        for (Shared file : longest) file.rest();
    }

    private FileStamp requireUnchanged(FilePart part) throws IOException {
        Optional<FileStamp> now = part.unchanged(mayRead);
        if (now.isEmpty())
            throw Problem.changed(part.path(), FileStamp.of(part.path()).isPresent() ? "has changed" : "is gone");
        return now.get();
    }

    /** The open files of one recipe. */
    final class Inputs implements AutoCloseable {
        private final List<FilePart> parts = new ArrayList<>();

        /** Of each part when it was opened, before any of it was read. */
        private final List<FileStamp> begun = new ArrayList<>();

        private final List<List<Shared>> files = new ArrayList<>();

        /** Fills {@code buffer} from a position of a part of the given file. */
        void read(int file, int part, long position, ByteBuffer buffer) throws IOException {
            Shared shared = files.get(file).get(part);
            FileChannel channel = shared.borrow();
            try {
                while (buffer.hasRemaining()) {
                    int n = channel.read(buffer, position);
                    if (n < 0) {
                        verify();
                        throw new IOException("unexpected end of an input file at byte " + position);
                    }
                    position += n;
                    bytesRead.add(n);
                }
            } finally {
                shared.release();
            }
            makeRoom();
        }

        /** Reads elements of a tensor of the given file, packed; see {@link Tensor#read}. */
        void read(int file, Tensor tensor, List<Integer> axes, long first, int count, MemorySegment to)
                throws IOException {
            tensor.read(axes, first, count, to, WINDOW, (part, position, buffer) -> read(file, part, position, buffer));
        }

        /**
         * @throws Problem when a file is no longer the one that was indexed: what was read since the last call may be
         * mixed
         */
        void verify() throws IOException {
            for (int i = 0; i < parts.size(); i++) {
                FilePart part = parts.get(i);
                FileStamp now = requireUnchanged(part);
                if (i < begun.size() && !begun.get(i).isReadThrough(now))
                    throw Problem.conflict(part.path()
                            + " was touched while it was read, and may have held something else; ask again");
            }
        }

        /** Hex digits that tell these files from the same ones after anything happened to them. */
        String state() {
            Digest digest = Digest.sha256();
            for (FileStamp stamp : begun) digest.add(stamp.change() + "/");
            return digest.hex();
        }

        @Override
        public void close() throws IOException {
            for (FilePart part : parts) release(part);
        }
    }
}
