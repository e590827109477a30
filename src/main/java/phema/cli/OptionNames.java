package phema.cli;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import phema.problem.Problem;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Translates messages, which name fields of requests and settings of the service, into the options of a command that
 * has such.
 */
final class OptionNames {
    private static final Pattern SETTING = Pattern.compile("\\bphema(?:\\.[a-z0-9-]+)*\\.([a-z0-9-]+)(?![\\w.-]*\\w)");

    private OptionNames() {}

    /**
     * {@code --label-dropout must lie between 0 and 1} from a message that begins with its field, {@code labelDropout}.
     */
    static String in(Problem problem, CommandSpec command) {
        String message = SETTING.matcher(problem.getMessage())
                .replaceAll(setting -> Matcher.quoteReplacement(
                        option(command, setting.group(1)).orElse(setting.group())));
        @Nullable String field = problem.field();
        if (field == null || !message.matches("(?s)" + Pattern.quote(field) + "[ :].*")) return message;
        return option(command, field).orElse(field) + message.substring(field.length());
    }

    private static Optional<String> option(CommandSpec command, String name) {
        Map<String, OptionSpec> options = command.optionsMap();
        return Stream.of(name, name.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT))
                .map(each -> "--" + each)
                .filter(each -> options.containsKey(each) && !options.get(each).versionHelp())
                .findFirst();
    }
}
