package phema.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import phema.evaluation.MetricGoal.MetricDirection;
import phema.problem.Problem;
import phema.text.StoredJson;

class MetricGoalsTest {
    @Test
    void lessIsBetterUnlessMoreIsSaidToBe() {
        MetricGoals goals = MetricGoals.parse("accuracy:max, fid,val:loss:min");
        assertThat(goals.names()).containsExactly("accuracy", "fid", "val:loss");
        assertThat(goals.all())
                .extracting(MetricGoal::direction)
                .containsExactly(MetricDirection.MAX, MetricDirection.MIN, MetricDirection.MIN);
        assertThat(goals.text()).isEqualTo("accuracy:max,fid,val:loss:min");
        assertThat(StoredJson.read(StoredJson.write(goals), MetricGoals.class)).isEqualTo(goals);
        assertThat(MetricDirection.MAX.cost(0.9)).isLessThan(MetricDirection.MAX.cost(0.8));
        assertThat(MetricDirection.MIN.cost(2)).isEqualTo(2);
    }

    /** Written before metrics had directions. */
    @Test
    void storedNamesAreWhatTheyWere() {
        MetricGoals goals = StoredJson.read("\"val:loss\"", MetricGoals.class);
        assertThat(goals.first()).isEqualTo(new MetricGoal("val:loss", MetricDirection.MIN));
        assertThat(StoredJson.read(StoredJson.write(goals), MetricGoals.class)).isEqualTo(goals);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            accuracy:up | the metric accuracy:up ends in :up, which is no direction; there are min, max
            fid,,is     | metric is missing: which one to optimise
            ''          | metric is missing
            :max        | metric is missing
            fid,fid:max | the metric fid is named twice
            fid,NaN     | metric: 'NaN' is no name of a metric, such as fid, but a number
            1e400       | metric: '1e400' is no name of a metric, such as fid, but a number
            sigmaRel    | metric: 'sigmaRel' is a column of all results, and no name of a metric
            """)
    void whatIsNoGoalIsRefused(String text, String why) {
        assertThatThrownBy(() -> MetricGoals.parse(text))
                .isInstanceOf(Problem.class)
                .hasMessageStartingWith(why);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\nb", "\u0000", "a\u001b[1m"})
    void aNameCanBePrinted(String name) {
        assertThatThrownBy(() -> MetricGoals.parse(name)).hasMessageContaining("1 to 100 letters");
        assertThatThrownBy(() -> MetricGoals.parse("a".repeat(101))).hasMessageContaining("1 to 100 letters");
    }
}
