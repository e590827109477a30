package phema.cli;

import java.io.PrintWriter;
import java.util.Locale;
import java.util.function.LongConsumer;
import java.util.function.LongFunction;
import phema.text.ByteSize;

/**
 * Shows how far work is that takes long: a bar that is redrawn on a terminal, a line for every tenth elsewhere. Safe
 * for use by many threads.
 */
final class Progress implements LongConsumer, AutoCloseable {
    private static final int WIDTH = 40;
    private static final long REDRAW_NANOS = 100_000_000;

    private final PrintWriter out;
    private final boolean terminal;
    private final LongFunction<String> amount;
    private final long total;
    private final long started = System.nanoTime();
    private long done;
    private long drawn = started;
    private int tenths;

    Progress(PrintWriter out, long totalBytes) {
        this(out, totalBytes, ByteSize::print);
    }

    /** @param amount how the total is shown */
    Progress(PrintWriter out, long total, LongFunction<String> amount) {
        this.out = out;
        this.amount = amount;
        this.terminal = System.console() != null && System.console().isTerminal();
        this.total = total;
    }

    @Override
    public synchronized void accept(long part) {
        done += part;
        long now = System.nanoTime();
        if (terminal && (now - drawn > REDRAW_NANOS || done == total)) {
            drawn = now;
            draw(now);
        } else if (!terminal && done * 10 / total > tenths) {
            tenths = (int) (done * 10 / total);
            if (now - started > 10 * REDRAW_NANOS) out.println(tenths * 10 + "% of " + amount.apply(total));
        }
    }

    private void draw(long now) {
        double share = (double) done / total;
        int filled = (int) (share * WIDTH);
        double left = (now - started) / 1e9 * (1 - share) / share;
        out.printf(
                Locale.ROOT,
                "\r%s%s %3.0f%% of %s, %.0f s left ",
                "#".repeat(filled),
                ".".repeat(WIDTH - filled),
                100 * share,
                amount.apply(total),
                left);
        out.flush();
    }

    @Override
    public void close() {
        if (terminal) {
            out.print("\r" + " ".repeat(WIDTH + 40) + "\r");
            out.flush();
        }
    }
}
