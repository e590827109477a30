package phema.digest;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Digests whatever is added, in the order of adding. For use by one thread. */
public final class Digest {
    private final MessageDigest algorithm;

    private Digest(MessageDigest algorithm) {
        this.algorithm = algorithm;
    }

    /** SHA-256 (FIPS 180-4, section 6.2): 64 hex digits. */
    public static Digest sha256() {
        return new Digest(known("SHA-256"));
    }

    /** SHA-1 (FIPS 180-4, section 6.1): 40 hex digits. Only for what others call by it, such as objects of git. */
    public static Digest sha1() {
        return new Digest(known("SHA-1"));
    }

    private static MessageDigest known(String algorithm) {
        try {
            return MessageDigest.getInstance(algorithm);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has " + algorithm, e);
        }
    }

    public Digest add(byte... bytes) {
        algorithm.update(bytes);
        return this;
    }

    /** The same of a part of an array. */
    public Digest add(byte[] bytes, int offset, int length) {
        algorithm.update(bytes, offset, length);
        return this;
    }

    /** Adds a text in UTF-8, without anything that would tell where it ends. */
    public Digest add(String text) {
        return add(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Adds all bytes of a file, whatever its size. */
    public Digest add(Path file) throws IOException {
        try (OutputStream digested = new DigestOutputStream(OutputStream.nullOutputStream(), algorithm)) {
            Files.copy(file, digested);
        }
        return this;
    }

    /** The digest of all that was added; begins anew. */
    public byte[] bytes() {
        return algorithm.digest();
    }

    /** Returns {@link #bytes} in lower-case hex. */
    public String hex() {
        return HexFormat.of().formatHex(bytes());
    }

    /** The first digits of {@link #hex}. */
    public String hex(int digits) {
        return hex().substring(0, digits);
    }
}
