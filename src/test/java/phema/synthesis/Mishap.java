package phema.synthesis;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import phema.format.FileStamp;
import phema.problem.Problem;

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
    },
    REWRITTEN_WITHOUT_A_TRACE_BUT_CHANGE_TIME {
        @Override
        public void happenTo(Path file) throws IOException {
            FileStamp before = FileStamp.of(file).orElseThrow();
            byte[] others = otherElements(file);
            do { // clocks of file systems tick some milliseconds
                Files.write(file, others);
                Files.setLastModifiedTime(file, FileTime.from(before.modified()));
            } while (before.isOf(file));
        }
    },
    REPLACED_BY_ANOTHER_OF_EQUAL_SIZE_AND_TIME_STAMP {
        @Override
        public void happenTo(Path file) throws IOException {
            Path other = Files.write(file.resolveSibling("other"), otherElements(file));
            Files.setLastModifiedTime(other, Files.getLastModifiedTime(file));
            Files.move(other, file, StandardCopyOption.REPLACE_EXISTING);
        }
    };

    private static byte[] otherElements(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        for (int i = bytes.length / 2; i < bytes.length; i++) bytes[i] ^= 1;
        return bytes;
    }

    public abstract void happenTo(Path file) throws IOException;

    public String message(Path file) {
        return Problem.changed(file, this == DELETED ? "is gone" : "has changed")
                .getMessage();
    }
}
