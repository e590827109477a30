package phema.solver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import phema.profile.Exponential;
import phema.profile.Impulse;
import phema.profile.Integrals;
import phema.profile.Power;
import phema.profile.Profile;
import phema.profile.Uniform;

class ProfileDistanceTest {
    private static final Profile TARGET = Power.ofSigmaRel(0.12, 1000);

    /** Several averages at each time, in no order, with windows among them. */
    private static List<Profile> files() {
        List<Profile> files = new ArrayList<>();
        for (double time : new double[] {900, 100, 1000, 250, 600, 400, 1100}) {
            files.add(Power.ofSigmaRel(0.05, time));
            files.add(Power.ofSigmaRel(0.10, time));
            files.add(new Exponential(0.004, time));
            if (time > 300) files.add(new Uniform(70, time));
        }
        return files;
    }

    @Test
    void isThatOfAllPairs() {
        List<Profile> files = files();
        double[] coefficients = new Random(1).doubles(files.size(), -0.5, 1).toArray();
        coefficients[5] = 0;
        double ofTarget = Integrals.inner(TARGET, TARGET);
        double square = ofTarget;
        for (int i = 0; i < coefficients.length; i++) {
            square -= 2 * coefficients[i] * Integrals.inner(files.get(i), TARGET);
            for (int j = 0; j < coefficients.length; j++)
                square += coefficients[i] * coefficients[j] * Integrals.inner(files.get(i), files.get(j));
        }
        double relative = Math.sqrt(square / ofTarget);
        assertThat(ProfileDistance.of(TARGET, files, coefficients)).isCloseTo(relative, within(1e-10 * relative));
    }

    @Test
    void isNoneOfTheTargetItself() {
        List<Profile> files = List.of(Power.ofSigmaRel(0.05, 1000), TARGET);
        assertThat(ProfileDistance.of(TARGET, files, new double[] {0, 1})).isCloseTo(0, within(1e-7));
    }

    @Test
    void isUnknownOfRawWeightsThatAreRead() {
        List<Profile> files = List.of(new Impulse(1000), TARGET);
        assertThat(ProfileDistance.of(TARGET, files, new double[] {0.5, 0.5})).isNaN();
        assertThat(ProfileDistance.of(TARGET, files, new double[] {0, 1})).isCloseTo(0, within(1e-7));
    }
}
