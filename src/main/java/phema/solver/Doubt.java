package phema.solver;

import java.util.Locale;

/**
 * Says that what is stated of a run is not what its files show.
 *
 * @param stated as {@code "the profile power:0.12"}
 * @param supported what the files are likeliest with, as {@code "power:0.1"}
 * @param nats by how much likelier, per weight
 */
public record Doubt(String stated, String supported, double nats) {
    /** To follow "the": {@code files contradict the profile power:0.12: power:0.1 is likelier, by ...}. */
    public String inWords() {
        return String.format(
                Locale.ROOT, "files contradict %s: %s is likelier, by %.1f nats per weight", stated, supported, nats);
    }
}
