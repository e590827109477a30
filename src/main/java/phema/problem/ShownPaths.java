package phema.problem;

import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Names files to readers by their path below a root: where the roots lie on the server's disks is nothing they need.
 */
public final class ShownPaths {
    private final Pattern roots;

    /** @param roots as they are configured; files are found below these and below what they are when made absolute */
    public ShownPaths(List<Path> roots) {
        this.roots = Pattern.compile(roots.stream()
                .flatMap(root -> Stream.of(root, root.normalize(), root.toAbsolutePath(), absolute(root)))
                .map(Path::toString)
                .map(root -> root.endsWith("/") ? root : root + "/")
                .filter(root -> root.length() > 1)
                .distinct()
                .sorted(Comparator.comparingInt(String::length).reversed())
                .map(Pattern::quote)
                .collect(Collectors.joining("|", "(?<![\\w/.-])(?:", "|(?!))")));
    }

    private static Path absolute(Path root) {
        return root.toAbsolutePath().normalize();
    }

    /** A message in which no path begins with a root. */
    public String in(String message) {
        return roots.matcher(message).replaceAll("");
    }
}
