package phema.edm2;

import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * Gives random numbers that depend on nothing but a seed and what they are for, so that nobody has to store the state
 * of a generator.
 */
public final class Randoms {
    private static final RandomGeneratorFactory<RandomGenerator> FACTORY =
            RandomGeneratorFactory.of("L64X128MixRandom");

    private Randoms() {}

    /** @param number of what the numbers are for: an image, an epoch */
    public static RandomGenerator of(long seed, long number) {
        return FACTORY.create(seed * 0x9E3779B97F4A7C15L + number);
    }
}
