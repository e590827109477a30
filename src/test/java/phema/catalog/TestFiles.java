package phema.catalog;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Runs on disk. */
final class TestFiles {
    static final Path FIXTURES = Path.of("src/test/resources/fixtures");
    static final String FIRST = "network-snapshot-0000016-0.050";

    private TestFiles() {}

    /** Copies the sample run in {@code edm2} or {@code safetensors} and makes it an hour old. */
    static Path copyRun(String format, Path to) throws IOException {
        Files.createDirectories(to);
        try (Stream<Path> files = Files.list(FIXTURES.resolve(format))) {
            files.forEach(file -> copy(file, to.resolve(file.getFileName())));
        }
        return to;
    }

    static Path copy(Path from, Path to) {
        try {
            Files.copy(from, to);
            return age(to);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Path age(Path file) throws IOException {
        return Files.setLastModifiedTime(file, FileTime.from(Instant.now().minus(Duration.ofHours(1))));
    }

    static Path truncate(Path file, int bytes) throws IOException {
        byte[] all = Files.readAllBytes(file);
        return Files.write(file, java.util.Arrays.copyOf(all, all.length - bytes));
    }

    /** A safetensors file with one tensor of type F32. */
    static Path safetensors(Path file, String tensor, float... values) throws IOException {
        String header = "{\"%s\":{\"dtype\":\"F32\",\"shape\":[%d],\"data_offsets\":[0,%d]}}"
                .formatted(tensor, values.length, 4 * values.length);
        ByteBuffer bytes = ByteBuffer.allocate(8 + header.length() + 4 * values.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(header.length())
                .put(header.getBytes(StandardCharsets.UTF_8));
        for (float value : values) bytes.putFloat(value);
        Files.createDirectories(file.getParent());
        return age(Files.write(file, bytes.array()));
    }

    /** A safetensors file with metadata and tensors of type F32 of one element each. */
    static Path safetensors(Path file, Map<String, String> metadata, Map<String, Float> tensors) throws IOException {
        List<String> entries = new ArrayList<>();
        metadata.forEach((key, value) -> entries.add("\"%s\":\"%s\"".formatted(key, value)));
        StringBuilder header = new StringBuilder("{\"__metadata__\":{" + String.join(",", entries) + "}");
        ByteBuffer data = ByteBuffer.allocate(4 * tensors.size()).order(ByteOrder.LITTLE_ENDIAN);
        for (Map.Entry<String, Float> tensor : new TreeMap<>(tensors).entrySet()) {
            header.append(",\"%s\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[%d,%d]}"
                    .formatted(tensor.getKey(), data.position(), data.position() + 4));
            data.putFloat(tensor.getValue());
        }
        byte[] head = header.append('}').toString().getBytes(StandardCharsets.UTF_8);
        ByteBuffer bytes = ByteBuffer.allocate(8 + head.length + data.capacity())
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(head.length)
                .put(head)
                .put(data.flip());
        return age(Files.write(file, bytes.array()));
    }
}
