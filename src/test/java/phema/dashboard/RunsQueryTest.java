package phema.dashboard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import phema.dashboard.RunsQuery.RunsOrder;
import phema.problem.Problem;

class RunsQueryTest {
    @Test
    void anAddressHasAllThatDiffersFromTheUsual() {
        RunsQuery query = RunsQuery.of(Map.of("q", "big a&b=c", "sort", "newest", "show", "failed", "page", "3"));
        assertThat(query.query()).isEqualTo("?sort=newest&q=big%20a%26b%3Dc&show=failed&page=3");
        assertThat(query.sortedBy(RunsOrder.NAME).query()).isEqualTo("?sort=name&q=big%20a%26b%3Dc&show=failed");
        assertThat(RunsQuery.of(Map.of()).query()).isEqualTo("?sort=name");
    }

    @Test
    void namesHoldAllWordsWhateverTheirCase() {
        RunsQuery query = RunsQuery.of(Map.of("q", " XS  lr0.1 "));
        assertThat(query.matches("sweep__lr0.1-edm2-xs")).isTrue();
        assertThat(query.matches("edm2-xs")).isFalse();
        assertThat(RunsQuery.of(Map.of()).matches("anything")).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1", "x", "99999999999", ""})
    void aPageThatIsNoneIsTheFirst(String page) {
        assertThat(RunsQuery.of(Map.of("page", page)).page()).isZero();
    }

    @Test
    void saysWhatItCannotSortBy() {
        assertThatThrownBy(() -> RunsQuery.of(Map.of("sort", "size")))
                .isInstanceOf(Problem.class)
                .hasMessage("Unknown sort size; there are name, newest, metric, state");
    }
}
