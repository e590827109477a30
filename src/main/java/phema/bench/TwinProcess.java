package phema.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import phema.problem.Problem;

/** Runs another implementation, which prints how long it took. */
final class TwinProcess {
    private TwinProcess() {}

    /**
     * The numbers that a command prints, between spaces.
     *
     * @param arguments that the command is given after its own
     * @throws Problem when it does not print as many
     */
    static double[] numbers(List<String> command, int count, Object... arguments) throws IOException {
        List<String> line = new ArrayList<>(command);
        for (Object argument : arguments) line.add(argument.toString());
        Process process = new ProcessBuilder(line)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String[] words = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                .strip()
                .split(" ");
        try {
            if (words.length == count)
                return Arrays.stream(words).mapToDouble(Double::parseDouble).toArray();
        } catch (NumberFormatException e) {
            // As if there were too few.
        }
        throw Problem.invalid("twin", String.join(" ", line) + " did not print " + count + " numbers");
    }
}
