package phema.synthesis;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Predicate;
import phema.format.FilePart;
import phema.format.RegularFiles;
import phema.format.WeightFile;
import phema.problem.Problem;

/** Channels to input files, shared by everything that reads them at the same time, so that many clients do not need many file descriptors. */
final class OpenFiles {
    private final Predicate<Path> mayRead;
    private final Map<FilePart, Shared> shared = new HashMap<>();
    private final LongAdder bytesRead = new LongAdder();

    private static final class Shared {
        final FileChannel channel;
        int users = 1;

        Shared(FileChannel channel) {
            this.channel = channel;
        }
    }

    /** @param mayRead as for {@link RegularFiles#open}; asked anew each time, as names may lead elsewhere than when they were indexed */
    OpenFiles(Predicate<Path> mayRead) {
        this.mayRead = mayRead;
    }

    /** Bytes read from all files so far. */
    long bytesRead() {
        return bytesRead.sum();
    }

    /** How many files are open now. */
    synchronized int count() {
        return shared.size();
    }

    /** Opens all files, each as it was indexed. @throws Problem when one changed since or is gone */
    Inputs open(List<WeightFile> files) throws IOException {
        Inputs inputs = new Inputs();
        try {
            for (WeightFile file : files) {
                List<FileChannel> channels = new ArrayList<>();
                for (FilePart part : file.parts()) {
                    channels.add(acquire(part));
                    inputs.parts.add(part);
                }
                inputs.channels.add(List.copyOf(channels));
            }
            inputs.verify();
            return inputs;
        } catch (IOException | RuntimeException e) {
            inputs.close();
            throw e;
        }
    }

    private synchronized FileChannel acquire(FilePart part) throws IOException {
        Shared open = shared.get(part);
        if (open != null) {
            open.users++;
            return open.channel;
        }
        if (!Files.exists(part.path())) throw changed(part, "is gone");
        FileChannel channel = RegularFiles.open(part.path(), mayRead);
        shared.put(part, new Shared(channel));
        return channel;
    }

    private synchronized void release(FilePart part) throws IOException {
        Shared open = shared.get(part);
        if (open != null && --open.users == 0) {
            shared.remove(part);
            open.channel.close();
        }
    }

    private static Problem changed(FilePart part, String how) {
        return Problem.conflict(part.path() + " " + how + " since it was indexed; rescan the run and ask again");
    }

    /** The open files of one recipe. */
    final class Inputs implements AutoCloseable {
        private final List<FilePart> parts = new ArrayList<>();
        private final List<List<FileChannel>> channels = new ArrayList<>();

        /** Fills {@code buffer} from a position of a part of the given file. */
        void read(int file, int part, long position, ByteBuffer buffer) throws IOException {
            FileChannel channel = channels.get(file).get(part);
            while (buffer.hasRemaining()) {
                int n = channel.read(buffer, position);
                if (n < 0) {
                    verify();
                    throw new IOException("unexpected end of an input file at byte " + position);
                }
                position += n;
                bytesRead.add(n);
            }
        }

        /** @throws Problem when a file is no longer the one that was indexed: what was read since the last call may be mixed */
        void verify() throws IOException {
            for (FilePart part : parts) {
                try {
                    BasicFileAttributes now = Files.readAttributes(part.path(), BasicFileAttributes.class);
                    if (now.size() != part.size()
                            || !now.lastModifiedTime().toInstant().equals(part.modified()))
                        throw changed(part, "has changed");
                } catch (NoSuchFileException e) {
                    throw changed(part, "is gone");
                }
            }
        }

        @Override
        public void close() throws IOException {
            for (FilePart part : parts) release(part);
        }
    }
}
