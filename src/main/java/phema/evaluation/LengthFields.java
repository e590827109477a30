package phema.evaluation;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import phema.problem.Problem;
import phema.profile.ProfileFamily;
import tools.jackson.databind.JsonNode;

/**
 * Reads the fields that say which lengths of which family of averages are asked for: {@code sigmaRel} alone, or
 * {@code profile}, such as {@code decay:cosine:{}}, with {@code length}.
 */
public final class LengthFields {
    /** The lengths of the paper's averages. */
    public static final String SIGMA_REL = "sigmaRel";

    /** The family; of a point, the average itself. */
    public static final String PROFILE = "profile";

    /** The lengths of any family. */
    public static final String LENGTH = "length";

    /** The list of all. */
    public static final List<String> ALL = List.of(SIGMA_REL, PROFILE, LENGTH);

    private LengthFields() {}

    /** The field that a length of this family stands in, for messages. */
    public static String of(ProfileFamily family) {
        return family.isPower() ? SIGMA_REL : LENGTH;
    }

    /** @throws Problem naming the field when the template is no family of lengths */
    public static ProfileFamily family(String template) {
        try {
            return new ProfileFamily(template.strip());
        } catch (IllegalArgumentException wrong) {
            throw Problem.invalid(PROFILE, String.valueOf(wrong.getMessage()));
        }
    }

    /** Of a request or a stored text. @throws Problem naming the field that is wrong */
    static ProfileFamily family(Map<String, JsonNode> json) {
        @Nullable JsonNode profile = json.get(PROFILE);
        ProfileFamily family = profile == null || AxisJson.isMissing(profile)
                ? ProfileFamily.POWER
                : family(AxisJson.text(PROFILE, profile));
        boolean widths = !AxisJson.isMissing(json.get(SIGMA_REL));
        if (widths && !AxisJson.isMissing(json.get(LENGTH)))
            throw Problem.invalid(LENGTH, "sigmaRel and length exclude each other: sigmaRel is the length of power:{}");
        if (widths) requireWidths(SIGMA_REL, family);
        return family;
    }

    /**
     * @param field in which lengths of the paper's averages are given
     * @throws Problem naming it when those of another family are wanted
     */
    public static void requireWidths(String field, ProfileFamily family) {
        if (!family.isPower())
            throw Problem.invalid(
                    field, field + " is the length of power:{}; that of " + family.template() + " is given as length");
    }

    /** The lengths where {@link Axes#LENGTH} expects them. */
    static Map<String, JsonNode> asAxis(Map<String, JsonNode> given) {
        @Nullable JsonNode lengths = given.get(LENGTH);
        if (lengths == null || AxisJson.isMissing(lengths)) return given;
        Map<String, JsonNode> all = new HashMap<>(given);
        AxisJson.list(LENGTH, lengths, (field, json) -> {
            double length = AxisJson.number(field, json);
            if (!Double.isFinite(length)) throw Problem.invalid(field, field + " must be a number, not " + length);
            return length;
        });
        all.put(SIGMA_REL, lengths);
        return all;
    }
}
