package phema.dashboard;

import static java.util.stream.Collectors.joining;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Writes the lines that save the pictures of a sheet, each as {@code TRIAL-NAME}. */
final class PictureLines {
    private static final Pattern ADDRESS = Pattern.compile("(.*/trials/)([0-9]+)/images/([^?]*)\\?.*");

    private PictureLines() {}

    /** The trial of a picture. @param trials the address before its number */
    private record Trial(String trials, String number, String extension) {}

    /** What trials of the same seeds have in common. */
    private record Names(String trials, List<String> names, String extension) {}

    static List<CopyLine> of(PictureSheet sheet) {
        Map<Names, List<String>> numbers = numbers(sheet);
        String curl = numbers.entrySet().stream()
                .map(each -> " -o '#1-#2%s' '%s{%s}/images/{%s}'"
                        .formatted(
                                each.getKey().extension,
                                CopyLine.address() + each.getKey().trials,
                                String.join(",", each.getValue()),
                                String.join(",", each.getKey().names)))
                .collect(joining("", "curl", ""));
        String python = numbers.entrySet().stream()
                .map(each -> "(\"%s\", \"%s\", \"%s\", \"%s\")"
                        .formatted(
                                CopyLine.address() + each.getKey().trials,
                                String.join(" ", each.getValue()),
                                String.join(" ", each.getKey().names),
                                each.getKey().extension))
                .collect(joining(
                        ", ",
                        "import urllib.request; [urllib.request.urlretrieve(f\"{url}{trial}/images/{name}\","
                                + " f\"{trial}-{name}{end}\") for url, trials, names, end in [",
                        "] for trial in trials.split() for name in names.split()]"));
        return List.of(new CopyLine("curl", curl), new CopyLine("Python", python));
    }

    /** The numbers of trials, by what they have in common. */
    private static Map<Names, List<String>> numbers(PictureSheet sheet) {
        Map<Trial, List<String>> names = new LinkedHashMap<>();
        for (PictureSheet.PictureLine line : sheet.lines())
            for (PictureSheet.PictureCell cell : line.cells()) {
                if (cell.url() == null) continue;
                Matcher parts = ADDRESS.matcher(cell.url());
                if (!parts.matches()) throw new IllegalStateException("the address of no picture: " + cell.url());
                String extension = "image/jpeg".equals(cell.media()) ? ".jpg" : ".png";
                names.computeIfAbsent(new Trial(parts.group(1), parts.group(2), extension), of -> new ArrayList<>())
                        .add(parts.group(3).replace(",", "%2C"));
            }
        Map<Names, List<String>> numbers = new LinkedHashMap<>();
        names.forEach((trial, own) -> numbers.computeIfAbsent(
                        new Names(trial.trials, own, trial.extension), of -> new ArrayList<>())
                .add(trial.number));
        return numbers;
    }
}
