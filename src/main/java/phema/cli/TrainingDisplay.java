package phema.cli;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import java.util.function.Consumer;
import phema.edm2.Training;

/** Shows how training goes: one line that is redrawn on a terminal, a line per report elsewhere. */
final class TrainingDisplay implements Consumer<Training.TrainingStatus> {
    private final PrintWriter out;
    private final boolean terminal =
            System.console() != null && System.console().isTerminal();
    private final long duration;
    private boolean begun;

    TrainingDisplay(PrintWriter out, long duration) {
        this.out = out;
        this.duration = duration;
    }

    /** Tells who stops it why it does not end at once. */
    void stopping() {
        out.println((terminal ? "\n" : "") + "stops after this step");
        out.flush();
    }

    @Override
    public void accept(Training.TrainingStatus status) {
        if (!begun) out.println("Ctrl-C stops with all that is there, and the same command goes on");
        begun = true;
        Duration left = Duration.ofSeconds((long) ((duration - status.nimg()) / 1000.0 * status.secondsPerKimg()));
        String line = String.format(
                Locale.ROOT,
                "%3.0f%% of %,d images, loss %.4f, lr %.2e, %.2f s/kimg, %d:%02d:%02d left",
                100.0 * status.nimg() / duration,
                duration,
                status.loss(),
                status.learningRate(),
                status.secondsPerKimg(),
                left.toHours(),
                left.toMinutesPart(),
                left.toSecondsPart());
        if (status.badGradients() > 0) line += ", " + status.badGradients() + " gradients were not finite";
        if (terminal) out.print("\r" + line + (status.nimg() == duration ? "\n" : " "));
        else out.println(line);
        out.flush();
    }
}
