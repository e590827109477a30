package phema.solver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import phema.profile.Impulse;
import phema.profile.Power;
import phema.profile.Profile;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The filter against a plain one in numpy, on both sample runs and with the parameters that numpy fitted to them; see
 * make_state_space.py.
 */
class StateSpaceReferenceTest {
    record Case(String name, JsonNode run, JsonNode target) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Case> cases() throws IOException {
        try (InputStream in = StateSpaceReferenceTest.class.getResourceAsStream("/fixtures/state-space.json")) {
            List<Case> cases = new ArrayList<>();
            for (JsonNode run : new JsonMapper().readTree(in).get("runs"))
                for (JsonNode target : run.get("targets"))
                    cases.add(new Case(
                            run.get("name").asString() + " " + target.get("sigmaRel") + " at " + target.get("time"),
                            run,
                            target));
            return cases.stream();
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void givesTheCoefficientsOfAPlainFilter(Case reference) {
        List<Profile> files = new ArrayList<>();
        for (JsonNode file : reference.run().get("files")) {
            double width = file.get("sigmaRel").asDouble();
            double time = file.get("time").asDouble();
            files.add(width > 0 ? Power.ofSigmaRel(width, time) : new Impulse(time));
        }
        double[] ends = numbers(reference.run().get("steps"), "end");
        var rates = new Rates(
                DoubleStream.of(ends).limit(ends.length - 1).toArray(),
                numbers(reference.run().get("steps"), "rate"));
        var movement = new Movement(
                rates,
                reference.run().get("white").asDouble(),
                reference.run().get("drift").asDouble());
        double[] noise = numbers(reference.run().get("noise"), "");
        var target = Power.ofSigmaRel(
                reference.target().get("sigmaRel").asDouble(),
                reference.target().get("time").asDouble());
        double[] expected = numbers(reference.target().get("coefficients"), "");

        BitSet earlier = new BitSet();
        for (int i = 0; i < files.size(); i++) earlier.set(i, files.get(i).endTime() <= target.endTime());
        Prediction found = new Predictor(new StateSpace(files), movement, noise).best(earlier, target);

        double largest = DoubleStream.of(expected).map(Math::abs).max().orElseThrow();
        for (int i = 0; i < files.size(); i++)
            assertThat(found.coefficients()[i])
                    .isCloseTo(i < expected.length ? expected[i] : 0, within(1e-6 * largest));
        double variance = reference.target().get("variance").asDouble();
        assertThat(found.variance()).isCloseTo(variance, within(1e-6 * variance));
    }

    private static double[] numbers(JsonNode array, String field) {
        DoubleStream.Builder numbers = DoubleStream.builder();
        for (JsonNode node : array)
            numbers.add(field.isEmpty() ? node.asDouble() : node.get(field).asDouble());
        return numbers.build().toArray();
    }
}
