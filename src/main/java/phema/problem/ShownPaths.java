package phema.problem;

import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Names files to readers by their path below a root or {@code phema.home}: where these lie on the server's disks is
 * nothing they need.
 */
public final class ShownPaths {
    private static final String HOME = "phema.home/";

    /** The form of paths of at least two names; no address of the web has one. */
    private static final Pattern ABSOLUTE = Pattern.compile("(?<![\\w/.:~-])~?(?:/[\\w.@+,%~-]+)+/(?=[\\w.@+,%~-])");

    private final Pattern roots;
    private final Pattern home;

    /** Without a home. */
    public ShownPaths(List<Path> roots) {
        this(roots, List.of());
    }

    /**
     * Of folders as they are configured; files are found below these and below what they are when made absolute.
     *
     * @param home one or none
     */
    public ShownPaths(List<Path> roots, List<Path> home) {
        this.roots = below(roots);
        this.home = below(home);
    }

    private static Pattern below(List<Path> folders) {
        String any = folders.stream()
                .flatMap(folder -> Stream.of(folder, folder.normalize(), folder.toAbsolutePath(), absolute(folder)))
                .map(Path::toString)
                .map(folder -> folder.endsWith("/") ? folder : folder + "/")
                .filter(folder -> folder.length() > 1)
                .distinct()
                .sorted(Comparator.comparingInt(String::length).reversed())
                .map(Pattern::quote)
                .collect(Collectors.joining("|"));
        return Pattern.compile("(?<![\\w/.-])(?:" + (any.isEmpty() ? "(?!)" : any) + ")");
    }

    private static Path absolute(Path root) {
        return root.toAbsolutePath().normalize();
    }

    /** A message in which no path begins with a root or the home. */
    public String in(String message) {
        return home.matcher(roots.matcher(message).replaceAll("")).replaceAll(HOME);
    }

    /** A command line, in which programs and files are named without their folders. */
    public static String withoutFolders(String command) {
        return ABSOLUTE.matcher(command).replaceAll("");
    }
}
