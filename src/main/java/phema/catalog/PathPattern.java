package phema.catalog;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Finds the paths below a folder that match a manifest's pattern with slashes, level by level. */
record PathPattern(List<NamePattern> levels) {
    PathPattern {
        levels = List.copyOf(levels);
    }

    /** @param text a pattern that {@link NamePattern} accepts */
    static PathPattern of(String text) {
        return new PathPattern(Arrays.stream(text.split("/"))
                .map(level -> NamePattern.of(level, ManifestReader.FILE_FIELDS))
                .toList());
    }

    /** Paths from the folder, with slashes, in order. Links to folders are not followed. */
    List<String> matchesBelow(Path folder) throws IOException {
        return matchesBelow(folder, levels.size());
    }

    private List<String> matchesBelow(Path folder, int depth) throws IOException {
        List<String> paths = List.of("");
        for (int i = 0; i < depth; i++) {
            List<String> deeper = new ArrayList<>();
            for (String path : paths) deeper.addAll(next(folder, path, levels.get(i), i == levels.size() - 1));
            paths = deeper;
        }
        return paths;
    }

    /** The folders of single times, with slashes, in order; none where files' own names say times. */
    List<String> times(Path folder) throws IOException {
        int depth = 1;
        while (depth < levels.size() && !levels.get(depth - 1).text().contains("{time}")) depth++;
        return depth == levels.size() ? List.of() : matchesBelow(folder, depth);
    }

    private static List<String> next(Path folder, String path, NamePattern level, boolean last) throws IOException {
        List<String> found = new ArrayList<>();
        for (String name : level.isPlain() ? List.of(level.text()) : FolderListing.names(folder.resolve(path))) {
            Path there = folder.resolve(path + name);
            boolean hidden = name.startsWith(".") && !level.isPlain();
            if (hidden || !level.matches(name)) continue;
            if (last && (Files.exists(there) || WeightsPath.isExpected(there))) found.add(path + name);
            else if (!last && Files.isDirectory(there, LinkOption.NOFOLLOW_LINKS)) found.add(path + name + "/");
        }
        return found;
    }
}
