package phema.solver;

/**
 * Describes how weights move during training: a random walk, white deviations about it, and a drift of constant speed. All per weight.
 *
 * @param white strength of the deviations, variance times time
 * @param drift variance of the speed
 */
record Movement(Rates rates, double white, double drift) {}
