package phema.edm2;

/**
 * Computes what scales a network's input and output at one noise level so that both have unit variance (arXiv
 * 2206.00364, Table 1), and the weight of that level in the loss.
 */
record Preconditioning(double skip, double out, double in, double noise, double weight) {
    static Preconditioning at(double sigma, double sigmaData) {
        double variance = sigma * sigma + sigmaData * sigmaData;
        return new Preconditioning(
                sigmaData * sigmaData / variance,
                sigma * sigmaData / Math.sqrt(variance),
                1 / Math.sqrt(variance),
                Math.log(sigma) / 4,
                variance / (sigma * sigmaData * sigma * sigmaData));
    }
}
