package phema.synthesis;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;

/** What may happen to a snapshot while it is read. */
public enum Mishap {
    REPLACED {
        @Override
        public void happenTo(Path file) throws IOException {
            Path other = file.resolveSibling("other");
            Files.copy(file, other);
            Files.setLastModifiedTime(other, FileTime.from(Instant.parse("2020-01-01T00:00:00Z")));
            Files.move(other, file, StandardCopyOption.REPLACE_EXISTING);
        }
    },
    TRUNCATED {
        @Override
        public void happenTo(Path file) throws IOException {
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                channel.truncate(channel.size() / 2);
            }
        }
    },
    DELETED {
        @Override
        public void happenTo(Path file) throws IOException {
            Files.delete(file);
        }
    },
    TOUCHED {
        @Override
        public void happenTo(Path file) throws IOException {
            Files.setLastModifiedTime(file, FileTime.from(Instant.parse("2020-01-01T00:00:00Z")));
        }
    };

    public abstract void happenTo(Path file) throws IOException;

    public String message(Path file) {
        return file + (this == DELETED ? " is gone" : " has changed")
                + " since it was indexed; rescan the run and ask again";
    }
}
