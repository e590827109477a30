package phema.cli;

/**
 * Says whether a gate is met.
 *
 * @param value of its metric at the best point
 */
record Verdict(Gate gate, double value, boolean met) {
    static Verdict of(Gate gate, double value) {
        return new Verdict(gate, value, gate.isMetBy(value));
    }

    @Override
    public String toString() {
        return "gate " + gate + " is " + (met ? "met: " : "not met: ") + gate.metric() + " is "
                + SweepResults.number(value);
    }
}
