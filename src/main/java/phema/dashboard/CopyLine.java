package phema.dashboard;

import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.springframework.web.context.request.RequestContextHolder;
import org.springframework.web.context.request.ServletRequestAttributes;
import org.springframework.web.servlet.support.ServletUriComponentsBuilder;
import org.springframework.web.util.UriUtils;

/**
 * Holds a line to copy that gets elsewhere what a page shows.
 *
 * @param name of where it is typed
 */
record CopyLine(String name, String text) {
    static CopyLine command(String line) {
        return new CopyLine("Command line", line);
    }

    /** How to fetch a table of comma-separated values. @param path from the server's root, encoded */
    static List<CopyLine> csv(String path) {
        String url = address() + path;
        return List.of(
                new CopyLine("curl", "curl " + quoted(url)),
                new CopyLine("Python", "import pandas; table = pandas.read_csv(\"" + url + "\")"));
    }

    /** How to fetch the results of several sweeps. @param path before their ids, from the server's root */
    static List<CopyLine> csvs(String path, List<String> ids) {
        String url = address() + path;
        return List.of(
                new CopyLine("curl", "curl -o '#1.csv' '" + url + "{" + String.join(",", ids) + "}/results.csv'"),
                new CopyLine(
                        "Python",
                        "import pandas; tables = {id: pandas.read_csv(f\"" + url + "{id}/results.csv\") for id in \""
                                + String.join(" ", ids) + "\".split()}"));
    }

    /** How to fetch JSON. @param path from the server's root, encoded */
    static List<CopyLine> json(String path) {
        String url = address() + path;
        return List.of(
                new CopyLine("curl", "curl " + quoted(url)),
                new CopyLine(
                        "Python",
                        "import json, urllib.request; values = json.load(urllib.request.urlopen(\"" + url + "\"))"));
    }

    /** How to ask for JSON with a request's body, JSON as well. @param path from the server's root, encoded */
    static List<CopyLine> posted(String path, String body) {
        String url = address() + path;
        return List.of(
                new CopyLine("curl", "curl " + quoted(url) + " --json " + quoted(body)),
                new CopyLine(
                        "Python",
                        "import requests; values = requests.post(\"" + url + "\", json=" + body + ").json()"));
    }

    /** A word of a shell's line. */
    static String quoted(String word) {
        return word.matches("[\\w./:=,@%+-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
    }

    /** A text of Python's. */
    static String python(String text) {
        return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    }

    static String segment(String name) {
        return UriUtils.encodePathSegment(name, StandardCharsets.UTF_8);
    }

    /** A value of an address's query. */
    static String value(String text) {
        return UriUtils.encode(text, StandardCharsets.UTF_8);
    }

    /** Whether who reads the page sits at the machine: they need no token, and came from there. */
    static boolean isOfThisMachine() {
        return RequestContextHolder.currentRequestAttributes() instanceof ServletRequestAttributes now
                && now.getRequest().getUserPrincipal() == null
                && InetAddress.ofLiteral(now.getRequest().getRemoteAddr()).isLoopbackAddress();
    }

    static String address() {
        return ServletUriComponentsBuilder.fromCurrentContextPath().toUriString();
    }
}
