package phema.evaluation;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Finds the images that a command left in the folder it worked in: files of the folder {@code samples}, named by their
 * seeds, or one file {@code samples.png} or {@code samples.jpg}. Links are not followed.
 */
final class PictureFiles {
    private static final String NAME = "samples";

    private PictureFiles() {}

    /** Whatever is there, no evaluation fails by it. */
    static void collect(Path workdir, Pictures pictures, EvaluationLog log) {
        if (pictures.most() == 0) return;
        try {
            List<Path> files = files(workdir);
            if (files.size() > pictures.most())
                log.line("of " + files.size() + " images the first " + pictures.most()
                        + " are kept; phema.samples says how many");
            for (Path file : files) {
                if (!pictures.wantsMore()) break;
                Picture picture = read(file);
                if (!picture.problem().isEmpty()) log.line(picture.problem());
                pictures.add(picture);
            }
        } catch (IOException | RuntimeException e) {
            log.line("the images in " + NAME + " cannot be read: " + e);
        }
    }

    private static List<Path> files(Path workdir) throws IOException {
        List<Path> files = new ArrayList<>();
        Path folder = workdir.resolve(NAME);
        if (Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS))
            try (Stream<Path> inside = Files.list(folder)) {
                inside.filter(PictureFiles::isImage)
                        .sorted(Comparator.comparing(PictureFiles::name, PictureFiles::bySeed))
                        .forEach(files::add);
            }
        for (String suffix : List.of(".png", ".jpg")) {
            Path single = workdir.resolve(NAME + suffix);
            if (isImage(single)) files.add(single);
        }
        return files;
    }

    private static boolean isImage(Path file) {
        return file.getFileName().toString().matches("(?i).+\\.(png|jpe?g|webp|gif|bmp|tiff?|avif)")
                && Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS);
    }

    /** Those of seeds in their order, then others by name. */
    private static int bySeed(String one, String other) {
        boolean seeds = isSeed(one) && isSeed(other);
        if (seeds && one.length() != other.length()) return Integer.compare(one.length(), other.length());
        if (isSeed(one) != isSeed(other)) return isSeed(one) ? -1 : 1;
        return one.compareTo(other);
    }

    private static boolean isSeed(String name) {
        return name.chars().allMatch(Character::isDigit);
    }

    private static String name(Path file) {
        String name = file.getFileName().toString();
        return Picture.named(name.substring(0, name.lastIndexOf('.')));
    }

    private static Picture read(Path file) throws IOException {
        String name = name(file);
        if (!Picture.isName(name)) {
            String fitting = name.replaceAll("[^A-Za-z0-9_-]", "_");
            return Picture.refused(
                    fitting.substring(0, Math.min(64, fitting.length())),
                    file.getFileName() + ": has a name that is not of up to 64 letters, digits and _ . -");
        }
        try (InputStream in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
            return PictureReader.read(name, file.getFileName(), in.readNBytes(PictureReader.MOST_BYTES + 1));
        }
    }
}
