package phema.synthesis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import phema.catalog.Run;
import phema.problem.Problem;
import phema.profile.Power;
import phema.solver.SolverKind;

/** On runs that count images, in thousands, and runs that count something else. */
class WeightsReferenceTest {
    @ParameterizedTest
    @CsvSource({
        "edm2, 0.100, BLUP, 0.1, 262144, ema-0.100@262k",
        "edm2, ema-.1@262k, BLUP, 0.1, 262144, ema-0.100@262k",
        "edm2, paper-0.0755@131k, PAPER, 0.0755, 131072, paper-0.0755@131k",
        "edm2, 0.123456789@100000, BLUP, 0.123456789, 100000, ema-0.123456789@100000",
        "edm2, 0.1@100000.5, BLUP, 0.1, 100000.5, ema-0.100@100000.5",
        "checkpoints, paper-0.25@131k, PAPER, 0.25, 131000, paper-0.250@131000",
        "checkpoints, 0.25, BLUP, 0.25, 262144, ema-0.250@262144"
    })
    void whatIsPrintedReadsAsTheSame(
            String name, String text, SolverKind solver, double sigmaRel, double time, String printed)
            throws IOException {
        Run run = TestRuns.fixture(name);
        WeightsReference reference = WeightsReference.parse(text, run);
        assertThat(reference).isEqualTo(new WeightsReference(solver, Power.ofSigmaRel(sigmaRel, time)));
        assertThat(reference.print(run)).isEqualTo(printed);
        assertThat(WeightsReference.parse(printed, run)).isEqualTo(reference);
        assertThat(WeightsReference.parse(reference.printMoving(run), run)).isEqualTo(reference);
        assertThat(reference.printMoving(run).contains("@")).isEqualTo(time != run.newestTime());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            decay-cosine-80000             | decay:cosine:80000
            decay-1-sqrt-80000.5           | decay:1-sqrt:80000.5
            decay-cosine-80000-floor-0.1   | decay:cosine:80000,floor=0.1
            decay-linear-80000-floor-0.1   | decay:linear:80000,floor=0.1
            uniform-65536                  | uniform:65536
            halflife-50000                 | exponential:halflife=50000
            exponential-decay-0.9999       | exponential:decay=0.9999
            ema-0.9999-warmup-10           | ema:0.9999,warmup=10
            ema-0.9999-warmup-2_3-after-50 | ema:0.9999,warmup=2/3,after=50
            swa-after-100                  | swa:after=100
            swa                            | swa
            impulse                        | impulse
            """)
    void namesSayAnyProfile(String name, String spec) throws IOException {
        Run run = TestRuns.fixture("edm2");
        for (String at : List.of("", "@131k")) {
            WeightsReference reference = WeightsReference.parse(name + at, run);
            double time = at.isEmpty() ? 262144 : 131072;
            assertThat(reference).isEqualTo(WeightsReference.of(spec, time));
            assertThat(reference.isNamed()).isTrue();
            assertThat(reference.printMoving(run)).isEqualTo(name + at);
        }
    }

    @Test
    void aDecayAlongALineIsAMeanAndMixturesHaveNoName() throws IOException {
        Run run = TestRuns.fixture("edm2");
        assertThat(WeightsReference.parse("decay-linear-80000", run))
                .isEqualTo(WeightsReference.parse("uniform-80000", run));
        WeightsReference mixture = WeightsReference.of("mixture:0.5*power:0.05,0.5*uniform:65536", 262144);
        assertThat(mixture.isNamed()).isFalse();
        assertThat(mixture.printMoving(run)).startsWith("mixture:0.5*power:0.05");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            decay-sine-800                 | "sine" in decay:sine:800 is no course of a learning rate
            decay-cosine-800-floor-1       | "floor=1" in decay:cosine:800,floor=1 must be floor=SHARE
            uniform-300000                 | the window must lie in (0, 262144.0], the end time, not 300000.0
            uniform                        | cannot read the profile
            ema-0.9999                     | sigma_rel must lie in (0, 0.288675), not 0.9999
            paper-decay-cosine-800         | paper-decay-cosine-800 is not of the form
            impulse-3                      | cannot read the profile
            0.3          | sigma_rel must lie in (0, 0.288675), not 0.3
            0.1@15k      | 15k lies outside of the snapshots of run edm2, which reach from 16k to 262k
            0.1@263000   | 263000 lies outside of the snapshots of run edm2, which reach from 16k to 262k
            1.0          | 1.0 is not of the form 0.100, 0.100@131k or paper-0.100@131k
            0.1@         | 0.1@ is not of the form
            0.1@131.5k   | 0.1@131.5k is not of the form
            blup-0.1     | blup-0.1 is not of the form
            """)
    void whatIsNoneIsRefusedWithTheReason(String text, String reason) throws IOException {
        Run run = TestRuns.fixture("edm2");
        assertThatThrownBy(() -> WeightsReference.parse(text, run))
                .isInstanceOf(Problem.class)
                .hasMessageStartingWith(reason);
    }
}
