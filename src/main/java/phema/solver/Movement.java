package phema.solver;

import java.util.Arrays;

/**
 * Describes how weights move during training: a random walk, white deviations about it, and a drift of constant speed.
 * All per weight.
 *
 * @param white strength of the deviations, variance times time
 * @param drift variance of the speed
 */
record Movement(Rates rates, double white, double drift) {
    /**
     * The same movement on a clock that runs {@code speed} times slower, of weights whose variance is
     * {@code 1 / variance} of theirs.
     */
    Movement onClock(double speed, double variance) {
        return new Movement(
                new Rates(scaled(rates.edges(), 1 / speed), scaled(rates.values(), speed / variance)),
                white / speed / variance,
                drift * speed * speed / variance);
    }

    private static double[] scaled(double[] values, double factor) {
        return Arrays.stream(values).map(v -> v * factor).toArray();
    }
}
