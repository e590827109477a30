package phema.edm2;

import phema.profile.SigmaRel;

/** Says what a training job averages its weights over. */
public sealed interface WeightTracker {
    /** The weight of the old average when {@code batch} images have made it {@code nimg}. */
    double beta(long nimg, int batch);

    /** Returns the label in file names, from which the length is read again. */
    String label();

    /** A power function (arXiv 2312.02696, Eq. 3) of relative width sigmaRel, tracked step by step (Eq. 127). */
    record PowerTracker(double sigmaRel, double gamma) implements WeightTracker {
        /** @throws IllegalArgumentException outside the possible widths */
        public static PowerTracker of(double sigmaRel) {
            return new PowerTracker(sigmaRel, SigmaRel.toGamma(sigmaRel));
        }

        @Override
        public double beta(long nimg, int batch) {
            return Math.pow(1 - (double) batch / nimg, gamma + 1);
        }

        @Override
        public String label() {
            return SigmaRel.print(sigmaRel);
        }
    }

    /** The classic exponential average. @param halfLife images after which a weight counts half */
    record ExponentialTracker(long halfLife) implements WeightTracker {
        @Override
        public double beta(long nimg, int batch) {
            return Math.pow(0.5, (double) batch / halfLife);
        }

        @Override
        public String label() {
            return "halflife" + halfLife;
        }
    }
}
