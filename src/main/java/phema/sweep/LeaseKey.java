package phema.sweep;

import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import phema.digest.Digest;
import phema.problem.Problem;

/**
 * Identifies what a client has of a trial, written {@code SWEEP.NUMBER.ATTEMPT.EVALUATION.SECRET}. The database keeps a
 * digest of the whole text, so that no part of it can be made up.
 *
 * @param attempt at the trial that the client makes
 * @param evaluation the identity of its result, as it was when the attempt began
 * @param text all of it, with a secret of 128 bits
 */
record LeaseKey(TrialId trial, int attempt, String evaluation, String text) {
    private static final Pattern FORM =
            Pattern.compile("([0-9a-f]{1,32})\\.(\\d{1,9})\\.(\\d{1,9})\\.([0-9a-f]{40})\\.[0-9a-f]{32}");

    private static final SecureRandom RANDOM = new SecureRandom();

    /** @throws Problem when no lease reads so */
    static LeaseKey parse(String text) {
        Matcher parts = FORM.matcher(text);
        if (!parts.matches()) throw unknown();
        return new LeaseKey(
                new TrialId(parts.group(1), Integer.parseInt(parts.group(2))),
                Integer.parseInt(parts.group(3)),
                parts.group(4),
                text);
    }

    static LeaseKey fresh(TrialId trial, int attempt, String evaluation) {
        byte[] secret = new byte[16];
        RANDOM.nextBytes(secret);
        return new LeaseKey(
                trial,
                attempt,
                evaluation,
                trial.sweep() + "." + trial.number() + "." + attempt + "." + evaluation + "."
                        + HexFormat.of().formatHex(secret));
    }

    /** What the database keeps of it. */
    String digest() {
        return Digest.sha256().add(text).hex();
    }

    static Problem unknown() {
        return Problem.unknown("lease", "there is no such lease");
    }
}
