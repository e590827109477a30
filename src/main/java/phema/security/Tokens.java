package phema.security;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import phema.digest.Digest;
import phema.security.SecurityProperties.Token;

/**
 * Holds the tokens that the service knows, by their hashes. A token has 256 random bits, so a plain SHA-256 of it
 * cannot be turned round by trying, as that of a password could.
 */
public final class Tokens {
    private static final String PREFIX = "phema_";
    private static final int RANDOM_BYTES = 32;

    private final List<Token> known;

    Tokens(List<Token> known) {
        this.known = known;
    }

    /** A new token that nobody can guess. */
    public static String random() {
        byte[] bytes = new byte[RANDOM_BYTES];
        new SecureRandom().nextBytes(bytes);
        return PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    /** SHA-256 in hex. */
    public static String hash(String token) {
        return Digest.sha256().add(token).hex();
    }

    /** Finds the token that this text is. Takes equally long whichever it is, or none. */
    Optional<Token> find(String token) {
        byte[] presented = hash(token).getBytes(UTF_8);
        Optional<Token> found = Optional.empty();
        for (Token candidate : known)
            if (MessageDigest.isEqual(presented, candidate.hash().getBytes(UTF_8))) found = Optional.of(candidate);
        return found;
    }

    /** Says whether there are no tokens, so that everyone may do everything. */
    boolean isEmpty() {
        return known.isEmpty();
    }
}
