package phema.cli;

import phema.edm2.Computing;
import phema.edm2.SamplerOptions;
import picocli.CommandLine.Option;

/** Holds the options of EDM2's sampler, and what it computes with. */
final class SamplingOptions {
    @Option(names = "--steps", defaultValue = "32", description = "Noise levels (default: ${DEFAULT-VALUE}).")
    private int steps;

    @Option(names = "--guidance", defaultValue = "1", description = "Guidance strength; 1 for none (default).")
    private double guidance;

    @Option(
            names = "--sigma_min",
            defaultValue = "0.002",
            description = "Lowest noise level (default: ${DEFAULT-VALUE}).")
    private double sigmaMin;

    @Option(
            names = "--sigma_max",
            defaultValue = "80",
            description = "Highest noise level (default: ${DEFAULT-VALUE}).")
    private double sigmaMax;

    @Option(
            names = "--rho",
            defaultValue = "7",
            description = "Exponent of the noise levels (default: ${DEFAULT-VALUE}).")
    private double rho;

    @Option(
            names = "--S_churn",
            defaultValue = "0",
            description = "Stochasticity strength (default: ${DEFAULT-VALUE}).")
    private double churn;

    @Option(
            names = "--S_min",
            defaultValue = "0",
            description = "Lowest noise level with churn (default: ${DEFAULT-VALUE}).")
    private double churnMin;

    @Option(
            names = "--S_max",
            defaultValue = "Infinity",
            description = "Highest noise level with churn (default: none).")
    private double churnMax;

    @Option(
            names = "--S_noise",
            defaultValue = "1",
            description = "Noise inflation of churn (default: ${DEFAULT-VALUE}).")
    private double churnNoise;

    @Option(
            names = "--backend",
            defaultValue = "onnx",
            paramLabel = "NAME",
            description = "onnx: ONNX Runtime (default); nd4j: what trains networks.")
    private Computing.Library backend = Computing.Library.ONNX;

    @Option(
            names = "--precision",
            defaultValue = "auto",
            paramLabel = "TYPE",
            description = "Of convolutions and attention: f32, f16, or auto: f16 on GPUs, f32 on CPUs (default).")
    private Computing.Precision precision = Computing.Precision.AUTO;

    Computing computing() {
        return new Computing(backend, precision);
    }

    SamplerOptions options() {
        return new SamplerOptions(steps, sigmaMin, sigmaMax, rho, guidance, churn, churnMin, churnMax, churnNoise);
    }
}
