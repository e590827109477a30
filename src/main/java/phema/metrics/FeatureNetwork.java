package phema.metrics;

import phema.problem.Problem;

/** Turns images into vectors whose distribution tells good ones from bad ones. For use by one thread. */
public sealed interface FeatureNetwork extends AutoCloseable permits OnnxNetwork, RandomNetwork {
    Metric metric();

    /**
     * The features of each image.
     *
     * @return [N][D], all of one length, finite
     * @throws Problem when the network does not take such images
     */
    float[][] features(Images images);

    @Override
    void close();
}
