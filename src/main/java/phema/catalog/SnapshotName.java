package phema.catalog;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import phema.profile.Power;
import phema.profile.SigmaRel;

/**
 * Reads a snapshot's file name as EDM2's training loop writes it: {@code PREFIX-KKKKKKK-S.SSS.pkl}, and the same with
 * other extensions.
 *
 * @param kimg images seen, in thousands, rounded down
 */
record SnapshotName(String fileName, String prefix, long kimg, double sigmaRel, Form form) {
    /** The prefix that EDM2's reconstruction tool gives its output. */
    static final String RECONSTRUCTION = "phema";

    /** The prefix that EDM2's training loop gives its snapshots. */
    static final String OF_EDM2 = "network-snapshot";

    private static final Pattern THREE_DECIMALS = Pattern.compile("-\\d\\.\\d{3}\\.[a-z.]+$");

    private static final Pattern PREFIX = Pattern.compile("[^.].*");

    /** The name behind the prefix, apart so that thousands of names are looked at from their ends. */
    private static final Pattern REST =
            Pattern.compile("-(\\d{1,12})-(\\d{1,3}\\.\\d{1,9})\\.(pkl|safetensors|safetensors\\.index\\.json)");

    /**
     * What holds the weights. Of several forms of one snapshot the first is used: only a pickle tells parameters from
     * buffers.
     */
    enum Form {
        PICKLE,
        SAFETENSORS,
        SHARDED_SAFETENSORS
    }

    static Optional<SnapshotName> parse(String fileName) {
        int rest = fileName.lastIndexOf('-', fileName.lastIndexOf('-') - 1);
        if (rest < 1) return Optional.empty();
        Matcher m = REST.matcher(fileName).region(rest, fileName.length());
        String prefix = fileName.substring(0, rest);
        if (!m.matches() || !PREFIX.matcher(prefix).matches()) return Optional.empty();
        Form form = switch (m.group(3)) {
            case "pkl" -> Form.PICKLE;
            case "safetensors" -> Form.SAFETENSORS;
            default -> Form.SHARDED_SAFETENSORS;
        };
        return Optional.of(
                new SnapshotName(fileName, prefix, Long.parseLong(m.group(1)), Double.parseDouble(m.group(2)), form));
    }

    /** Images seen. */
    long nimg() {
        return Kimg.toNimg(kimg);
    }

    /** Whether a file is named for this time in kimg. */
    static boolean isTimeOf(String fileName, double time) {
        return parse(fileName).filter(name -> name.nimg() == time).isPresent();
    }

    Candidate candidate() {
        return Candidate.of(
                fileName, nimg(), "sigma_rel %.3f".formatted(sigmaRel), time -> Power.ofSigmaRel(sigmaRel, time));
    }

    /** Whether the last number may be a width. */
    boolean hasWidth() {
        return sigmaRel > 0 && sigmaRel < SigmaRel.LIMIT;
    }

    /** Whether the last number is written as EDM2 writes a width. */
    boolean hasThreeDecimals() {
        return THREE_DECIMALS.matcher(fileName).find();
    }

    /** The pattern of a manifest for such files, whatever their last number is. */
    String pattern() {
        return prefix + "-{time}-*" + fileName.replaceFirst(".*-\\d+\\.\\d+(?=\\.)", "");
    }

    boolean isReconstruction() {
        return prefix.equals(RECONSTRUCTION);
    }
}
