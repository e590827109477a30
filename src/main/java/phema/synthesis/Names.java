package phema.synthesis;

import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import phema.catalog.Kimg;
import phema.catalog.Run;
import phema.digest.Digest;
import phema.profile.Exponential;
import phema.profile.Power;
import phema.profile.Profile;
import phema.profile.ProfileSpec;
import phema.profile.SigmaRel;

/** Names of synthesized files. */
public final class Names {
    private static final Pattern SPECIAL = Pattern.compile("[^A-Za-z0-9._]");

    private Names() {}

    /**
     * {@code phema-0000262-0.100}: as EDM2 names them; more digits where the EMA length has them, another profile as
     * its specification. The time of runs that do not count in kimg stands there as it is: {@code phema-2500-0.100}.
     */
    static String baseName(String prefix, Run run, Profile target) {
        return prefix + "-" + time(run, target) + "-" + plain(width(target));
    }

    private static String time(Run run, Profile target) {
        return run.countsKimg()
                ? String.format(Locale.ROOT, "%07d", Kimg.ofNimg(target.endTime()))
                : String.format(Locale.ROOT, "%.0f", target.endTime());
    }

    /**
     * {@code phema-0000262-0.100-+attn+-0.050}: with what each layer is and has instead. Other layers give another
     * name.
     */
    static String baseName(String prefix, Run run, Profile target, List<LayerFit> layers) {
        return withLayers(baseName(prefix, run, target), layers);
    }

    private static String withLayers(String base, List<LayerFit> layers) {
        StringBuilder name = new StringBuilder(base);
        for (LayerFit layer : layers)
            name.append('-')
                    .append(pattern(layer.tensors().text()))
                    .append('-')
                    .append(plain(width(layer.fit().target())));
        return name.toString();
    }

    /**
     * {@code phema-5000-minus-sqrt-1000-5000}: a weighted average of files, which is not named by a target.
     *
     * @param end of its target, which is the time
     */
    static String baseName(String prefix, Run run, Profile end, String label, List<LayerFit> layers) {
        return withLayers(prefix + "-" + time(run, end) + "-" + plain(label), layers);
    }

    /** 8 digits that tell weights of files from others. */
    static String digest(Run run, double[] weights) {
        Digest digest = Digest.sha256();
        for (int i = 0; i < weights.length; i++)
            if (weights[i] != 0) digest.add(run.snapshots().get(i).name() + "=" + weights[i] + "\n");
        return digest.hex(8);
    }

    /** A plus for each star; what else a file name had better not hold as {@code ~} and its code. */
    private static String pattern(String text) {
        return SPECIAL.matcher(text)
                .replaceAll(c -> c.group().equals("*")
                        ? "+"
                        : String.format(Locale.ROOT, "~%04x", (int) c.group().charAt(0)));
    }

    private static String plain(String text) {
        return text.replaceAll("[^A-Za-z0-9.]+", "-");
    }

    /** The same for people: an exponential profile with its half-life, which is in the run's clock and not in steps. */
    public static String described(Profile profile) {
        String width = width(profile);
        return profile instanceof Exponential exponential && !width.contains("halflife")
                ? String.format(Locale.ROOT, "%s (half-life %.6g)", width, exponential.halfLife())
                : width;
    }

    /**
     * {@code 0.100}: the EMA length of a power-function profile, with as many digits as it has; another profile as its
     * specification, and so one that no EMA length tells.
     */
    public static String width(Profile target) {
        if (!(target instanceof Power power && power.gamma() >= 0)) return ProfileSpec.print(target);
        return SigmaRel.print(SigmaRel.ofGamma(power.gamma()));
    }
}
