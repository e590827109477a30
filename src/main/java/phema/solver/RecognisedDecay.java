package phema.solver;

/**
 * Says which profile files have of which nobody recorded it, and how sure that is.
 *
 * @param spec as {@link phema.profile.ProfileSpec} reads it
 * @param lowest the spec with the least number that is nearly as likely
 * @param highest with the greatest one
 * @param nats by how much likelier than the next reading that differs, per weight
 * @param next the next reading that differs
 * @param innovation mean of the files' squared innovations: 1 where the profile explains them
 * @param certain whether the evidence leaves no other reading
 */
public record RecognisedDecay(
        String spec, String lowest, String highest, double nats, String next, double innovation, boolean certain) {}
