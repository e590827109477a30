package phema.bench;

/** Says how long something took. @param cpuSeconds of all threads together */
public record ProcessorTiming(double seconds, double cpuSeconds) {}
