package phema.dashboard;

import phema.evaluation.Point;
import phema.evaluation.ValuePrinter;
import phema.profile.SigmaRel;
import phema.text.Labels;

/** Prints values of axes for people, times on the clock of their run. */
record PagePrinter(RunClock clock) implements ValuePrinter {
    /** The printer of values as addresses of pages have them. */
    static final ValuePrinter PLAIN = new ValuePrinter() {
        @Override
        public String length(double sigmaRel) {
            return Labels.plain(sigmaRel);
        }

        @Override
        public String time(double time) {
            return Labels.plain(time);
        }

        @Override
        public String number(double value) {
            return Labels.plain(value);
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
        return SigmaRel.print(sigmaRel);
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
        return guide.run() + " " + SigmaRel.print(guide.sigmaRel()) + " at " + Labels.plain(guide.time());
    }
}
