package phema.solver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class SymmetricSystemTest {
    @Test
    void solvesWhatIsBadlyScaled() {
        // diag(1, 1e-12) [2 1; 1 2] diag(1, 1e-12) x = [1; 1e-12] has x = [1/3, 1e12/3]
        var system = SymmetricSystem.regular(new double[][] {{2, 1e-12}, {1e-12, 2e-24}})
                .orElseThrow();
        assertThat(system.solve(new double[] {1, 1e-12}))
                .containsExactly(new double[] {1 / 3.0, 1e12 / 3}, within(1e-3));
        assertThat(system.conditionNumber()).isCloseTo(3, within(1e-12)); // (1 + 1/2) / (1 - 1/2)
    }

    @Test
    void solvesHilbertEquationsToTheirCondition() {
        int n = 6;
        double[][] hilbert = new double[n][n];
        double[] right = new double[n];
        for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) right[i] += hilbert[i][j] = 1.0 / (i + j + 1);
        for (double x : SymmetricSystem.regular(hilbert).orElseThrow().solve(right))
            assertThat(x).isCloseTo(1, within(1e-8));
    }

    @Test
    void givesTheSmallestSolutionOfSingularEquations() {
        double[][] singular = {{1, 1, 0}, {1, 1, 0}, {0, 0, 1}};
        assertThat(SymmetricSystem.regular(singular)).isEmpty();
        assertThat(SymmetricSystem.truncated(singular).solve(new double[] {2, 2, 5}))
                .containsExactly(new double[] {1, 1, 5}, within(1e-12));
    }
}
