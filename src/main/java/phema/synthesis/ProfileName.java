package phema.synthesis;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import phema.profile.Power;
import phema.profile.Profile;
import phema.profile.ProfileSpec;

/**
 * Writes profiles in letters, digits, dots and hyphens, as names of branches have them.
 *
 * <pre>
 * ema-0.100                         power:0.1
 * decay-cosine-800                  decay:cosine:800
 * decay-cosine-800-floor-0.1        decay:cosine:800,floor=0.1
 * uniform-65536                     uniform:65536
 * halflife-50000                    exponential:halflife=50000
 * exponential-decay-0.9999          exponential:decay=0.9999
 * ema-0.9999-warmup-2_3             ema:0.9999,warmup=2/3
 * swa-after-100                     swa:after=100
 * impulse, swa                      impulse, swa
 * </pre>
 */
final class ProfileName {
    /** The regular expression that names match, and more. */
    static final String FORM = "(?:ema-)?0?\\.\\d{1,9}|"
            + "(?:ema-[0-9.]+-warmup|swa|decay|uniform|halflife|exponential|impulse)(?:-[a-z0-9._]+)*";

    private static final String NUMBER = "\\d+(?:\\.\\d+)?|\\.\\d+";
    private static final Pattern WIDTH = Pattern.compile("(?:ema-)?(0?\\.\\d{1,9})");
    private static final Pattern DECAY =
            Pattern.compile("decay-([a-z0-9-]+?)-(" + NUMBER + ")(?:-floor-(" + NUMBER + "))?");
    private static final Pattern OPTION = Pattern.compile("-([a-z_]+)-([a-z0-9._]+)");

    private ProfileName() {}

    /** @throws IllegalArgumentException with one line for the user when it is no name, or a number is out of range */
    static Profile parse(String name, double endTime) {
        return ProfileSpec.parse(spec(name), endTime);
    }

    private static String spec(String name) {
        Matcher width = WIDTH.matcher(name);
        if (width.matches()) return "power:" + width.group(1);
        Matcher decay = DECAY.matcher(name);
        if (decay.matches())
            return "decay:" + decay.group(1) + ":" + decay.group(2)
                    + (decay.group(3) == null ? "" : ",floor=" + decay.group(3));
        String kind = name.replaceFirst("-.*", "");
        String rest = name.substring(kind.length());
        return switch (kind) {
            case "uniform" -> rest.replaceFirst("-", "uniform:");
            case "halflife" -> rest.replaceFirst("-", "exponential:halflife=");
            case "exponential" -> "exponential:" + options(rest);
            case "ema" -> {
                String beta = rest.replaceFirst("-(" + NUMBER + ").*", "$1");
                String options = options(rest.substring(Math.min(rest.length(), beta.length() + 1)));
                yield "ema:" + beta + (options.isEmpty() ? "" : "," + options);
            }
            case "swa" -> rest.isEmpty() ? name : "swa:" + options(rest);
            default -> name;
        };
    }

    /** {@code warmup=2/3,after=100} of {@code -warmup-2_3-after-100}. */
    private static String options(String text) {
        return OPTION.matcher(text)
                .replaceAll(
                        option -> "," + option.group(1) + "=" + option.group(2).replace('_', '/'))
                .replaceFirst("^,", "");
    }

    /** Empty for mixtures, and for what no name gives back. */
    static Optional<String> of(Profile profile) {
        String spec = ProfileSpec.print(profile);
        String name = profile instanceof Power power && power.gamma() > 0
                ? "ema-" + Names.width(profile)
                : spec.equals("power:gamma=0.0")
                        ? "swa"
                        : spec.replaceFirst("^exponential:halflife=", "halflife-")
                                .replaceAll("[:,=]", "-")
                                .replace('/', '_');
        try {
            Profile read = parse(name, profile.endTime());
            return read.equals(profile) || profile instanceof Power && read instanceof Power
                    ? Optional.of(name)
                    : Optional.empty();
        } catch (IllegalArgumentException none) {
            return Optional.empty();
        }
    }
}
