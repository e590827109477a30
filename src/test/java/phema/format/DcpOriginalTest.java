package phema.format;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DcpOriginalTest {
    /** What lies beside an optimizer, the network, is not left out with it. */
    @ParameterizedTest
    @CsvSource({
        "app.optim.exp_avg.out.weight, app.optim",
        "optimizer.state.exp_avg.out.weight, optimizer",
        "state.optimizers.Adam.state.out.weight.exp_avg, state.optimizers",
        "chained_0.optimizer.state.param.0, chained_0.optimizer",
        "optimizer_0.state.out.weight.step, optimizer_0",
        "net.out.weight.exp_avg_sq, *.exp_avg_sq"
    })
    void namesTheOptimizerThatIsLeftOut(String entry, String named) {
        assertThat(DcpReader.OPTIMIZER.test(entry)).isTrue();
        assertThat(DcpOriginal.optimizer(entry)).isEqualTo(named);
    }
}
