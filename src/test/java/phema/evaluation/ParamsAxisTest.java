package phema.evaluation;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import phema.problem.Problem;
import phema.text.StoredJson;

class ParamsAxisTest {
    private static AxisValues values(String params) {
        return AxisValues.NONE
                .with(Axes.LENGTH, List.of(0.1))
                .with(Axes.TIME, List.of(1000.0))
                .with(Axes.PARAMS, Axes.PARAMS.parse(params))
                .withDefaults();
    }

    private static Point point(String params) {
        return values(params).grid().getFirst();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            a=16.0 | 16
            a=+1e3 | 1000
            a=-0.50 | -0.5
            a=0.0 | 0
            a=.5e-3 | 0.0005
            a=euler-a | euler-a
            a=nan | nan
            a=/data/x.npz | /data/x.npz
            """)
    void whatReadsAsANumberIsOne(String given, String text) {
        assertThat(Axes.PARAMS.parse(given).getFirst().values()).singleElement().hasToString(text);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            a                 | 'a' is not of the form steps=16,32
            9a=1              | '9a' is no name
            a-b=1             | 'a-b' is no name
            =1                | '' is no name
            sigmaRel=1        | sigmaRel is an axis already
            GuideRun=1        | GuideRun is an axis already
            seeds=1           | seeds is an axis already
            params=1          | params is an axis already
            a=                | params.a must be a number, or a text
            a=1,,2            | params.a must be a number, or a text
            a=x y             | params.a must be a number, or a text
            a=`id`            | params.a must be a number, or a text
            a={seeds}         | params.a must be a number, or a text
            a=--help          | params.a must be a number, or a text
            a=1e999           | params.a has more than 40 digits
            a=1,2,...,nothing | params.a: 'nothing' in '1,2,...,nothing' is not a number
            """)
    void refusesWhatCouldDoHarm(String text, String complaint) {
        assertThatThrownBy(() -> Axes.PARAMS.parse(text))
                .isInstanceOf(Problem.class)
                .hasMessageContaining(complaint);
    }

    @Test
    void refusesMoreThanASaneNumber() {
        String many = IntStream.range(0, 17).mapToObj(i -> "p" + i + "=1").collect(joining(";"));
        AxisValues values = values(many);
        assertThatThrownBy(values::check).isInstanceOf(Problem.class).hasMessageContaining("at most 16");
    }

    @Test
    void pointsAreEqualWhereTheirValuesAre() {
        assertThat(point("a=16; b=x")).isEqualTo(point("b=x; a=16.0")).isNotEqualTo(point("a=16; b=y"));
        assertThat(point("a=16")).isNotEqualTo(point("")).isNotEqualTo(point("b=16"));
    }

    /** The database tells points by their texts; those without parameters are as they were before there were any. */
    @Test
    void pointsAreStoredInOneWay() {
        String text = StoredJson.write(point("b=x; a=10,20"));
        assertThat(text).endsWith("\"seeds\":\"0-49999\",\"params\":{\"a\":10,\"b\":\"x\"}}");
        assertThat(StoredJson.read(text, Point.class)).isEqualTo(point("a=10; b=x"));
        assertThat(StoredJson.write(point(""))).doesNotContain("params");
        assertThat(StoredJson.read(StoredJson.write(point("")), Point.class)).isEqualTo(point(""));
    }

    @Test
    void identitiesDifferWhereEvaluationsDo() {
        assertThat(List.of("", "a=16", "a=32", "b=16", "a=16; b=16", "a=x"))
                .extracting(params -> Axes.PARAMS.identity(point(params).get(Axes.PARAMS)))
                .doesNotHaveDuplicates()
                .startsWith(""); // of evaluations that were made before there were parameters
        assertThat(Axes.PARAMS.identity(point("a=16").get(Axes.PARAMS)))
                .isEqualTo(Axes.PARAMS.identity(point("a=16.0").get(Axes.PARAMS)));
    }

    @Test
    void aGridHasAllCombinationsAndNamesMissNothing() {
        AxisValues values = values("a=2,10,x; b=0,1");
        assertThat(values.count()).isEqualTo(6);
        List<Point> grid = values.grid();
        assertThat(grid).hasSize(6).doesNotHaveDuplicates();
        List<Facet> facets = Axes.PARAMS.facets(grid);
        assertThat(facets).extracting(Facet::column).containsExactly("param.a", "param.b");
        assertThat(grid.stream()
                        .sorted(facets.getFirst().order())
                        .map(p -> p.get(Axes.PARAMS).get("a")))
                .extracting(String::valueOf)
                .containsExactly("2", "2", "10", "10", "x", "x");
        assertThat(Axes.PARAMS.union(Axes.PARAMS.parse("a=1; b=2"), Axes.PARAMS.parse("c=3; a=4,1")))
                .isEqualTo(Axes.PARAMS.parse("a=1,4; b=2; c=3"));
        assertThat(Axes.PARAMS.parse(Axes.PARAMS.print(values.get(Axes.PARAMS))))
                .isEqualTo(values.get(Axes.PARAMS));
    }
}
