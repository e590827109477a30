package phema.worker;

import java.math.BigDecimal;
import java.math.RoundingMode;
import phema.profile.SigmaRel;

/** What a training job averages its weights over. */
public sealed interface Average {
    /** The weight of the old average when {@code batch} images have made it {@code nimg}. */
    double beta(long nimg, int batch);

    /** In file names, which are read for the length again: with as many digits as it has, three at least and nine at most. */
    String label();

    /** A power function of relative width sigmaRel (arXiv 2312.02696, Eq. 3). */
    record Power(double sigmaRel, double gamma) implements Average {
        /** @throws IllegalArgumentException outside the possible widths */
        public static Power of(double sigmaRel) {
            return new Power(sigmaRel, SigmaRel.toGamma(sigmaRel));
        }

        @Override
        public double beta(long nimg, int batch) {
            return Math.pow(1 - (double) batch / nimg, gamma + 1);
        }

        @Override
        public String label() {
            BigDecimal digits = BigDecimal.valueOf(sigmaRel)
                    .setScale(9, RoundingMode.HALF_EVEN)
                    .stripTrailingZeros();
            return digits.setScale(Math.max(3, digits.scale())).toPlainString();
        }
    }

    /** The classic exponential average. @param halfLife images after which a weight counts half */
    record Exponential(long halfLife) implements Average {
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
