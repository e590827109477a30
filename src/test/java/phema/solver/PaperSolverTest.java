package phema.solver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import phema.problem.Problem;
import phema.profile.Impulse;
import phema.profile.Integrals;
import phema.profile.Power;
import phema.profile.Profile;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class PaperSolverTest {
    record Case(String name, List<Profile> inputs, Profile target, List<Double> coefficients) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Case> cases() throws IOException {
        try (InputStream in = PaperSolverTest.class.getResourceAsStream("/fixtures/paper-solver.json")) {
            List<Case> cases = new ArrayList<>();
            for (JsonNode c : new JsonMapper().readTree(in).get("cases")) {
                List<Profile> inputs = new ArrayList<>();
                for (JsonNode input : c.get("inputs")) inputs.add(power(input));
                List<Double> coefficients = new ArrayList<>();
                for (JsonNode x : c.get("coefficients")) coefficients.add(x.asDouble());
                cases.add(new Case(c.get("name").asString(), inputs, power(c.get("target")), coefficients));
            }
            return cases.stream();
        }
    }

    private static Profile power(JsonNode node) {
        return Power.ofSigmaRel(
                node.get("sigmaRel").asDouble(), node.get("time").asDouble());
    }

    @ParameterizedTest
    @MethodSource("cases")
    void agreesWithTheReferenceImplementation(Case reference) {
        Fit fit = solver(reference.inputs()).solve(reference.target(), SolverKind.PAPER, FilesToRead.ALL);
        double largest =
                reference.coefficients().stream().mapToDouble(Math::abs).max().orElseThrow();
        for (int i = 0; i < reference.coefficients().size(); i++)
            assertThat(fit.coefficients().get(i))
                    .isCloseTo(reference.coefficients().get(i), within(1e-6 * largest));
    }

    @Test
    void leavesOutFilesLaterThanTheTarget() {
        var profiles =
                List.<Profile>of(Power.ofSigmaRel(0.1, 100), Power.ofSigmaRel(0.05, 100), Power.ofSigmaRel(0.1, 200));
        Fit fit = solver(profiles).solve(Power.ofSigmaRel(0.07, 150), SolverKind.PAPER, FilesToRead.ALL);
        assertThat(fit.coefficients().getLast()).isZero();
        assertThat(fit.filesUsed()).isEqualTo(2);
        assertThat(fit.warnings()).anyMatch(w -> w.contains("ends at 150") && w.contains("at 100"));
    }

    @Test
    void withoutNormalisingTheCoefficientsAreTheLeastSquaresFitItself() {
        var profiles = List.<Profile>of(
                Power.ofSigmaRel(0.05, 20),
                Power.ofSigmaRel(0.15, 20),
                Power.ofSigmaRel(0.05, 40),
                Power.ofSigmaRel(0.15, 40));
        var target = Power.ofSigmaRel(0.2, 40);
        Fit fit = solver(profiles)
                .solve(target, FitOptions.of(SolverKind.PAPER, FilesToRead.ALL).withoutNormalising());
        // normal equations: the residual is orthogonal to every stored profile
        for (Profile p : profiles) {
            double projection = 0;
            for (int j = 0; j < profiles.size(); j++)
                projection += fit.coefficients().get(j) * Integrals.inner(p, profiles.get(j));
            assertThat(projection).isCloseTo(Integrals.inner(p, target), within(1e-14));
        }
        assertThat(fit.coefficients().stream().mapToDouble(x -> x).sum()).isNotCloseTo(1, within(1e-4));
    }

    @Test
    void reportsTheConditionNumberOfTheScaledGramMatrix() {
        // 2 t and 3 t^2 on (0, 1]: the cosine of their angle is sqrt(15) / 4, the condition number (1 + cos) / (1 -
        // cos)
        double cosine = Math.sqrt(15) / 4;
        Fit fit = solver(List.of(new Power(1, 1), new Power(2, 1)))
                .solve(new Power(1.5, 1), SolverKind.PAPER, FilesToRead.ALL);
        assertThat(fit.conditionNumber()).isCloseTo((1 + cosine) / (1 - cosine), within(1e-9));
    }

    @Test
    void survivesTwoFilesWithTheSameProfile() {
        var twice = Power.ofSigmaRel(0.1, 100);
        Fit fit = solver(List.of(twice, twice, Power.ofSigmaRel(0.05, 100)))
                .solve(twice, SolverKind.PAPER, FilesToRead.ALL);
        assertThat(fit.coefficients().get(0) + fit.coefficients().get(1)).isCloseTo(1, within(1e-6));
        assertThat(fit.warnings()).anyMatch(w -> w.contains("nearly equal profiles"));
    }

    @Test
    void refusesRawCheckpointsAndNamesTheOtherSolver() {
        var solver = solver(List.of(new Impulse(10), new Impulse(20)));
        assertThatThrownBy(() -> solver.solve(Power.ofSigmaRel(0.1, 20), SolverKind.PAPER, FilesToRead.ALL))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("use blup");
    }

    private static Solver solver(List<Profile> profiles) {
        return new Solver(profiles.stream()
                .map(p -> new StoredAverage(p, new double[0], 0))
                .toList());
    }
}
