package phema.http;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Holds a validator of a representation (RFC 9110, section 8.8.3).
 *
 * @param opaque what stands between the quotes
 */
record EntityTag(boolean weak, String opaque) {
    private static final Pattern TAG = Pattern.compile("[ \t,]*(W/)?\"([\\x21\\x23-\\x7e\\x80-\\xff]*)\"[ \t]*(?=,|$)");

    static EntityTag strong(String opaque) {
        return new EntityTag(false, opaque);
    }

    /** The tags of a list, up to the first syntax error. */
    static List<EntityTag> list(String header) {
        List<EntityTag> tags = new ArrayList<>();
        Matcher matcher = TAG.matcher(header);
        while (matcher.lookingAt()) {
            tags.add(new EntityTag(matcher.group(1) != null, matcher.group(2)));
            matcher.region(matcher.end(), header.length());
        }
        return tags;
    }

    /** Strong comparison, section 8.8.3.2. */
    boolean matchesStrongly(EntityTag other) {
        return !weak && !other.weak && opaque.equals(other.opaque);
    }

    /** Weak comparison, section 8.8.3.2. */
    boolean matchesWeakly(EntityTag other) {
        return opaque.equals(other.opaque);
    }

    @Override
    public String toString() {
        return (weak ? "W/" : "") + '"' + opaque + '"';
    }
}
