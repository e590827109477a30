package phema.api;

import java.util.List;
import phema.format.Verification;

/**
 * Describes what was compared in a weight file that was read from its first byte to its last.
 *
 * @param sound whether nothing wrong was found
 * @param verified what is as it should be
 * @param notVerifiable what could be wrong without a sign of it in the file
 * @param faults what is wrong
 */
public record VerificationView(
        String path,
        boolean sound,
        long bytes,
        List<String> verified,
        List<String> notVerifiable,
        List<String> faults) {
    public static VerificationView of(Verification verification) {
        return new VerificationView(
                verification.file().toString(),
                verification.isSound(),
                verification.bytes(),
                verification.verified(),
                verification.notVerifiable(),
                verification.faults());
    }
}
