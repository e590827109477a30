package phema.sweep;

/** Identifies a trial, written {@code SWEEP/NUMBER}. */
record TrialId(String sweep, int number) {
    /** The kind of work, as the queue names it; to versions that know of no {@link Basis} it was {@code trial}. */
    static final String TASK = "evaluation";

    static TrialId parse(String text) {
        int slash = text.indexOf('/');
        return new TrialId(text.substring(0, slash), Integer.parseInt(text.substring(slash + 1)));
    }

    static TrialId of(Trial trial) {
        return new TrialId(trial.sweep(), trial.number());
    }

    @Override
    public String toString() {
        return sweep + "/" + number;
    }
}
