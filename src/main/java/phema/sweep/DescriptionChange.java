package phema.sweep;

import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Pattern;
import phema.problem.Problem;

/**
 * Changes what is said of a sweep; what is empty stays as it is.
 *
 * @param name an empty text takes it away
 * @param tags all that it has from now on
 */
public record DescriptionChange(
        Optional<String> name, Optional<String> note, Optional<List<String>> tags, Optional<Boolean> archived) {
    public static final DescriptionChange NONE = named(Optional.empty());

    static final int MOST_TAGS = 20;
    static final int LONGEST_NOTE = 2000;
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,100}");
    private static final Pattern TAG = Pattern.compile("[\\p{L}\\p{N}._:/+=@-]{1,40}");
    private static final Pattern NO_TEXT = Pattern.compile("[\\p{Cntrl}&&[^\\n\\t]]");

    /** Names a sweep and says no more of it. */
    public static DescriptionChange named(Optional<String> name) {
        return new DescriptionChange(name, Optional.empty(), Optional.empty(), Optional.empty());
    }

    /** Puts a sweep away, or takes it out again. */
    public static DescriptionChange archived(boolean archived) {
        return new DescriptionChange(Optional.empty(), Optional.empty(), Optional.empty(), Optional.of(archived));
    }

    /** @throws Problem naming the field that cannot be like that */
    SweepDescription of(SweepDescription before) {
        return new SweepDescription(
                name.isPresent() ? name.filter(text -> !text.isEmpty()).map(DescriptionChange::name) : before.name(),
                note.map(DescriptionChange::note).orElse(before.note()),
                tags.map(DescriptionChange::tags).orElse(before.tags()),
                archived.orElse(before.archived()));
    }

    private static String name(String text) {
        if (!NAME.matcher(text).matches())
            throw Problem.invalid(
                    "name", "name must be 1 to 100 letters, digits, dots, dashes and underscores, not " + text);
        return text;
    }

    /** Forms end their lines as HTTP does. */
    private static String note(String text) {
        String lines = text.replace("\r\n", "\n").strip();
        if (lines.length() > LONGEST_NOTE)
            throw Problem.invalid(
                    "note", "note has %d characters; it may have %d".formatted(lines.length(), LONGEST_NOTE));
        if (NO_TEXT.matcher(lines).find())
            throw Problem.invalid("note", "note holds a control character; it may have lines and tabs alone");
        return lines;
    }

    private static SortedSet<String> tags(List<String> texts) {
        SortedSet<String> tags = new TreeSet<>(texts);
        if (tags.size() > MOST_TAGS)
            throw Problem.invalid("tags", "there are %d tags; a sweep may have %d".formatted(tags.size(), MOST_TAGS));
        for (String tag : tags)
            if (!TAG.matcher(tag).matches())
                throw Problem.invalid("tags", "a tag must be 1 to 40 letters, digits and . _ : / + = @ -, not " + tag);
        return tags;
    }
}
