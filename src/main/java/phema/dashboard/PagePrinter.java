package phema.dashboard;

import phema.evaluation.Point;
import phema.evaluation.ValuePrinter;

/** Prints values of axes for people, times on the clock of their run. */
record PagePrinter(RunClock clock) implements ValuePrinter {
    /** The printer of values as addresses of pages have them. */
    static final ValuePrinter PLAIN = new ValuePrinter() {
        @Override
        public String length(double sigmaRel) {
            return FitPanel.plain(sigmaRel);
        }

        @Override
        public String time(double time) {
            return FitPanel.plain(time);
        }

        @Override
        public String number(double value) {
            return FitPanel.plain(value);
        }

        @Override
        public String guide(Point.Guide guide) {
            return words(guide);
        }
    };

    /** The text that stands where a point has no value. */
    static final String NONE = "none";

    @Override
    public String length(double sigmaRel) {
        return Show.length(sigmaRel);
    }

    @Override
    public String time(double time) {
        return clock.show(time);
    }

    @Override
    public String number(double value) {
        return Show.number(value);
    }

    @Override
    public String guide(Point.Guide guide) {
        return words(guide);
    }

    /** Its time is on a clock of its own. */
    private static String words(Point.Guide guide) {
        return guide.run() + " " + Show.length(guide.sigmaRel()) + " at " + FitPanel.plain(guide.time());
    }
}
