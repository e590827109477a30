package phema.catalog;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Describes a pattern for paths of files or names of tensors: {@code *} stands for anything, in a path within one
 * level; for files, {@code {time}} and {@code {index}} for whole numbers and {@code {sigmaRel}} for a number with a
 * point.
 */
public record NamePattern(String text, Pattern regex, Set<String> fields) {
    private static final int MOST_STARS = 4; // with fields, more would take long to match
    private static final Pattern TOKEN = Pattern.compile("\\*|\\{([^}]*)}|[^*{]+|\\{");

    /**
     * Reads a pattern that has no fields. @throws IllegalArgumentException with the end of a sentence on what is wrong
     */
    public static NamePattern of(String text) {
        return of(text, Set.of());
    }

    /** @throws IllegalArgumentException with the end of a sentence on what is wrong */
    static NamePattern of(String text, Set<String> allowedFields) {
        Set<String> fields = new LinkedHashSet<>();
        StringBuilder regex = new StringBuilder();
        int stars = 0;
        Matcher token = TOKEN.matcher(text);
        while (token.find()) {
            String field = token.group(1);
            if (field != null) {
                if (!allowedFields.contains(field))
                    throw new IllegalArgumentException("has an unknown field {" + field + "}"
                            + (allowedFields.isEmpty() ? "" : "; there are " + braced(allowedFields)));
                if (!fields.add(field)) throw new IllegalArgumentException("has {" + field + "} twice");
                regex.append("(?<")
                        .append(field)
                        .append('>')
                        .append(digits(field))
                        .append(')');
            } else if (token.group().equals("*")) {
                if (++stars > MOST_STARS)
                    throw new IllegalArgumentException("has more than " + MOST_STARS + " stars; name fewer parts");
                // As few as will do before a field, whose first digits it would take: {time} of step-0*{time} is no 0.
                regex.append("[^/]*").append(text.startsWith("{", token.end()) ? "?" : "");
            } else {
                regex.append(Pattern.quote(token.group()));
            }
        }
        return new NamePattern(
                text,
                Pattern.compile(allowedFields.isEmpty() ? stars(text) : regex.toString(), Pattern.DOTALL),
                Set.copyOf(fields));
    }

    /**
     * Matches in time that is linear in the name, which in hostile files is long: what stands between two stars is
     * looked for once, at its first place.
     */
    private static String stars(String text) {
        String[] pieces = text.split("\\*", -1);
        StringBuilder regex = new StringBuilder(Pattern.quote(pieces[0]));
        for (int i = 1; i < pieces.length - 1; i++)
            regex.append("(?>.*?").append(Pattern.quote(pieces[i])).append(')');
        if (pieces.length > 1) regex.append(".*").append(Pattern.quote(pieces[pieces.length - 1]));
        return regex.toString();
    }

    private static String digits(String field) {
        return switch (field) {
            case "time" -> NamedNumber.EXPONENTIAL + "|" + NamedNumber.MAGNITUDE + "|" + NamedNumber.WHOLE;
            case "index" -> "\\d{1,4}";
            default -> "\\d\\.\\d{1,9}";
        };
    }

    static String braced(Set<String> fields) {
        return "{" + String.join("}, {", fields) + "}";
    }

    /** Whether it matches nothing but its own text. */
    boolean isPlain() {
        return fields.isEmpty() && text.indexOf('*') < 0;
    }

    public boolean matches(String name) {
        return regex.matcher(name).matches();
    }

    /**
     * A pattern that may have been meant where this one matches none of the names: the same below a wrapper, such as
     * {@code module.}, or without one.
     */
    public Optional<String> nearest(Collection<String> names) {
        List<String> others = new ArrayList<>();
        int dot = text.indexOf('.');
        if (dot >= 0 && dot < text.length() - 1) others.add(text.substring(dot + 1));
        others.add("*." + text);
        others.add("*" + text + "*");
        for (String other : others) {
            NamePattern pattern;
            try {
                pattern = of(other);
            } catch (IllegalArgumentException tooManyStars) {
                continue;
            }
            Optional<String> name =
                    names.stream().filter(pattern::matches).sorted().findFirst();
            if (name.isEmpty()) continue;
            boolean plain = text.indexOf('*') < 0;
            return Optional.of(plain && name.get().endsWith("." + text) ? name.get() : other);
        }
        return Optional.empty();
    }

    Optional<Matcher> match(String name) {
        Matcher m = regex.matcher(name);
        return m.matches() ? Optional.of(m) : Optional.empty();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof NamePattern that && text.equals(that.text);
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }
}
