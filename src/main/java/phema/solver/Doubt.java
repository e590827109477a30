package phema.solver;

/**
 * Says that what is stated of a run is not what its files show.
 *
 * @param stated as {@code "the profile power:0.12"}
 * @param supported what the files are likeliest with, as {@code "power:0.1"}
 * @param nats by how much likelier, per weight
 */
public record Doubt(String stated, String supported, double nats) {}
