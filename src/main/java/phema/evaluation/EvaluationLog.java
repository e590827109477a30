package phema.evaluation;

/** Keeps the end of what an evaluation prints. Safe for use by many threads. */
public final class EvaluationLog {
    /** The number of characters that are kept. */
    static final int MOST = 1 << 16;

    private final StringBuilder text = new StringBuilder();
    private boolean changed;

    synchronized void append(CharSequence more) {
        text.append(more);
        if (text.length() > 2 * MOST) text.delete(0, text.length() - MOST);
        changed = true;
    }

    void line(String line) {
        append(line + "\n");
    }

    public synchronized String text() {
        return text.substring(Math.max(0, text.length() - MOST));
    }

    /** The last lines. */
    synchronized String tail(int characters) {
        String end = text.substring(Math.max(0, text.length() - characters)).strip();
        return end.length() < text.length() && end.indexOf('\n') > 0 ? end.substring(end.indexOf('\n') + 1) : end;
    }

    /** Whether there is something new since the last time this was asked. */
    public synchronized boolean takeChanged() {
        boolean result = changed;
        changed = false;
        return result;
    }
}
