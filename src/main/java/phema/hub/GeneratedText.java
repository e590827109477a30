package phema.hub;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.Objects;
import phema.digest.Digest;
import phema.synthesis.Content;

/** Holds a small generated file. Its identity is the one that git would give it. */
@SuppressWarnings("ArrayRecordComponent") // nobody changes it
record GeneratedText(String fileName, byte[] utf8, String identity) implements Content {
    static GeneratedText of(String fileName, String text) {
        byte[] utf8 = text.getBytes(UTF_8);
        return new GeneratedText(fileName, utf8, blobId(utf8));
    }

    private static String blobId(byte[] content) {
        return Digest.sha1().add("blob " + content.length + "\0").add(content).hex();
    }

    @Override
    public long size() {
        return utf8.length;
    }

    @Override
    public void transferTo(WritableByteChannel target, long offset, long length) throws IOException {
        Objects.checkFromIndexSize(offset, length, utf8.length);
        target.write(ByteBuffer.wrap(utf8, (int) offset, (int) length));
    }
}
