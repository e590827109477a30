package phema.sweep;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import phema.evaluation.Axes;
import phema.evaluation.AxisValues;
import phema.evaluation.MetricGoal;
import phema.evaluation.Point;
import phema.evaluation.Seeds;
import phema.fleet.WorkState;
import phema.profile.ProfileFamily;
import phema.solver.FilesToRead;
import phema.solver.SolverKind;
import phema.text.StoredJson;

/** Each rule of {@code docs/sweeps.md}, on sweeps whose metric is least at a known length. */
class RecommendationRuleTest {
    private static final List<Double> SEVEN = List.of(0.04, 0.05, 0.065, 0.08, 0.1, 0.125, 0.16);
    private static final List<Double> FIVE = List.of(0.05, 0.065, 0.08, 0.1, 0.125);
    private static final double NEWEST = 262144;

    private final List<FoundLength> all = new ArrayList<>();

    /** A sweep to be; the least value of its metric is 0.08 without guidance and 0.05 with it. */
    private record Tried(
            String metric,
            String evaluator,
            String settings,
            List<Double> lengths,
            List<Double> guidances,
            int repeats,
            long images,
            double time,
            String params,
            double best,
            int failed) {
        static final Tried FID = new Tried("fid", "mine", "a1", SEVEN, List.of(1.0), 3, 512, NEWEST, "{}", 0.08, 0);

        Tried of(String otherMetric) {
            return new Tried(
                    otherMetric, evaluator, settings, lengths, guidances, repeats, images, time, params, best, failed);
        }

        Tried by(String otherEvaluator, String otherSettings) {
            return new Tried(
                    metric,
                    otherEvaluator,
                    otherSettings,
                    lengths,
                    guidances,
                    repeats,
                    images,
                    time,
                    params,
                    best,
                    failed);
        }

        Tried at(List<Double> otherLengths, int otherRepeats) {
            return new Tried(
                    metric,
                    evaluator,
                    settings,
                    otherLengths,
                    guidances,
                    otherRepeats,
                    images,
                    time,
                    params,
                    best,
                    failed);
        }

        Tried guided(Double... others) {
            return new Tried(
                    metric, evaluator, settings, lengths, List.of(others), repeats, images, time, params, best, failed);
        }

        Tried with(long otherImages, double otherTime, String otherParams) {
            return new Tried(
                    metric,
                    evaluator,
                    settings,
                    lengths,
                    guidances,
                    repeats,
                    otherImages,
                    otherTime,
                    otherParams,
                    best,
                    failed);
        }

        Tried best(double otherBest) {
            return new Tried(
                    metric, evaluator, settings, lengths, guidances, repeats, images, time, params, otherBest, failed);
        }

        Tried failing(int trials) {
            return new Tried(
                    metric, evaluator, settings, lengths, guidances, repeats, images, time, params, best, trials);
        }

        double value(Point point) {
            double x = Math.log(point.length() / best);
            return (point.guidance() == 1 ? 0.08 : 0.05) * Math.exp(x * x);
        }
    }

    /** A sweep ends. */
    private List<FoundLength> end(Tried tried) {
        return end("sweep" + all.size(), tried);
    }

    private List<FoundLength> end(String sweep, Tried tried) {
        SweepSpec spec = new SweepSpec(
                "demo",
                SweepSpec.SweepMode.GRID,
                AxisValues.NONE
                        .with(Axes.LENGTH, tried.lengths)
                        .with(Axes.TIME, List.of(tried.time))
                        .with(Axes.GUIDANCE, tried.guidances)
                        .with(
                                Axes.SEEDS,
                                IntStream.range(0, tried.repeats)
                                        .mapToObj(i -> new Seeds(i * tried.images, (i + 1) * tried.images - 1))
                                        .toList()),
                tried.evaluator,
                tried.metric,
                SolverKind.BLUP,
                FilesToRead.FEWEST,
                0.02,
                0);
        List<Trial> trials = new ArrayList<>();
        for (Point bare : spec.axes().withDefaults().grid()) {
            Point point = bare.withField(
                    Axes.PARAMS,
                    Map.of("params", StoredJson.read(tried.params, tools.jackson.databind.JsonNode.class)));
            boolean failed = trials.size() < tried.failed;
            trials.add(new Trial(
                    sweep,
                    trials.size(),
                    point,
                    failed ? WorkState.FAILED : WorkState.DONE,
                    1,
                    Optional.empty(),
                    failed ? Map.of() : Map.of(spec.metric(), tried.value(point)),
                    false,
                    Optional.empty(),
                    Optional.of(Instant.EPOCH),
                    Optional.of(Instant.EPOCH),
                    1));
        }
        Optional<String> settings = Optional.of(tried.settings).filter(s -> !s.isEmpty());
        List<FoundLength> found = new ArrayList<>();
        for (FoundLength length : FoundLength.of(sweep, spec, settings, Optional.empty(), trials))
            found.add(length.withId(all.size() + found.size() + 1L));
        all.addAll(found);
        return found;
    }

    private FoundLength one(Tried tried) {
        List<FoundLength> found = end(tried);
        assertThat(found).hasSize(1);
        return found.getFirst();
    }

    private FoundLength recommended() {
        return RecommendationRule.of(all).recommended().orElseThrow();
    }

    private List<Offer> offered() {
        return RecommendationRule.of(all).offered();
    }

    private String reason(FoundLength found) {
        assertThat(recommended()).isNotEqualTo(found);
        return offered().stream()
                .filter(offer -> offer.found().equals(found))
                .map(Offer::reason)
                .findFirst()
                .orElseThrow();
    }

    /** Whatever is least in another metric. */
    @Test
    void fidFrom21TrialsDoesNotGiveWayToAnotherMetricFromTwoLengthsWithGuidance() {
        FoundLength fid = one(Tried.FID);
        FoundLength random = one(
                Tried.FID.of("fd_random").guided(1.5).at(List.of(0.05, 0.10), 1).best(0.05));
        assertThat(fid.optimum().metric()).isBetween(0.079, 0.081);
        assertThat(fid.evidence().orElseThrow().trials()).isEqualTo(21);
        assertThat(random.optimum().point().length()).isEqualTo(0.05);
        assertThat(random.optimum().metric()).isEqualTo(0.05);
        assertThat(recommended()).isEqualTo(fid);
        assertThat(reason(random))
                .isEqualTo("it rests on 2 EMA lengths, fewer than the 4 that it takes to tell a best one;"
                        + " it is the shortest length that was tried, and shorter ones may be better;"
                        + " its metric is fd_random, and this run's recommendation goes by fid");
    }

    @Test
    void itSaysWhatItRestsOn() {
        FoundLength fid = one(Tried.FID);
        assertThat(fid.words())
                .matches(
                        "fid 0\\.0\\d+ \\(standard error 0\\.0\\d+\\) by mine, without guidance, from 21 trials of 7 EMA"
                                + " lengths, 512 images each; the best length lies between 0\\.0\\d+ and 0\\.0\\d+");
        FoundLength guided = one(Tried.FID.guided(1.5).with(1024, NEWEST, "{\"steps\": 16}"));
        assertThat(guided.words()).contains("by mine, guidance 1.5, steps 16, from", "1,024 images each");
    }

    @Test
    void anotherMetricNeedsAPinHoweverWellFounded() {
        FoundLength few = one(Tried.FID.at(FIVE, 1));
        FoundLength many = one(Tried.FID.of("fd_random").best(0.1));
        assertThat(recommended()).isEqualTo(few);
        assertThat(reason(many)).isEqualTo("its metric is fd_random, and this run's recommendation goes by fid");
    }

    @Test
    void anotherEvaluatorOrOtherSettingsOfItNeedAPin() {
        FoundLength present = one(Tried.FID);
        assertThat(reason(one(Tried.FID.by("other", "a1"))))
                .isEqualTo("its evaluator is other, and this run's recommendation goes by mine");
        assertThat(reason(one(Tried.FID.by("mine", "b2"))))
                .isEqualTo("its evaluator had other settings than that of the one taken");
        assertThat(reason(one(Tried.FID.by("mine", ""))))
                .isEqualTo("whether its evaluator had the settings of the one taken is not known");
        assertThat(recommended()).isEqualTo(present);
    }

    @Test
    void anotherNumberOfImagesOrOtherParametersNeedAPin() {
        FoundLength present = one(Tried.FID);
        assertThat(reason(one(Tried.FID.with(50_000, NEWEST, "{}"))))
                .isEqualTo("its evaluations have 50,000 images each, those of the one taken 512");
        assertThat(reason(one(Tried.FID.with(512, NEWEST, "{\"steps\": 16}"))))
                .isEqualTo("its parameters are steps=16, those of the one taken none");
        assertThat(recommended()).isEqualTo(present);
    }

    @Test
    void theBetterFoundedReplacesOfTheSameMetricAndEvaluator() {
        one(Tried.FID.at(FIVE, 1).best(0.07));
        FoundLength better = one(Tried.FID);
        assertThat(recommended()).isEqualTo(better);
        assertThat(offered()).isEmpty();
    }

    @Test
    void theWorseFoundedIsOffered() {
        FoundLength present = one(Tried.FID);
        FoundLength worse = one(Tried.FID.at(FIVE, 1).best(0.07));
        assertThat(recommended()).isEqualTo(present);
        assertThat(reason(worse)).isEqualTo("it rests on 5 trials of 5 EMA lengths, the one taken on 21 of 7");
        assertThat(reason(one(Tried.FID.at(FIVE, 6).best(0.07))))
                .isEqualTo("it rests on 30 trials of 5 EMA lengths, the one taken on 21 of 7");
    }

    @Test
    void ofTwoThatRestOnAsMuchTheOneThatIsKnownMoreExactlyCounts() {
        FoundLength present = one(Tried.FID);
        FoundLength vague = new FoundLength(
                2,
                "vague",
                new MetricGoal("fid", MetricGoal.MetricDirection.MIN),
                "mine",
                present.settings(),
                present.images(),
                new Optimum(present.optimum().point(), 0.07, Optional.empty(), 0.05, 0.12),
                present.evidence(),
                Optional.empty());
        all.add(vague);
        assertThat(recommended()).isEqualTo(present);
        assertThat(reason(vague)).startsWith("it is known less exactly, between 0.050 and 0.120, the one taken ");
        FoundLength again = one(Tried.FID);
        assertThat(recommended()).isEqualTo(again);
        assertThat(offered()).isEmpty();
    }

    @Test
    void laterWeightsReplaceEarlierOnesButNotTheOtherWayRound() {
        one(Tried.FID);
        FoundLength later = one(Tried.FID.with(512, 2 * NEWEST, "{}").best(0.11));
        assertThat(recommended()).isEqualTo(later);
        FoundLength earlier = one(Tried.FID.at(SEVEN, 5));
        assertThat(recommended()).isEqualTo(later);
        assertThat(reason(earlier)).isEqualTo("it is of an earlier time, 262144, the one taken of 524288");
    }

    @Test
    void guidedAndUnguidedOnesStandSideBySideAndTheUnguidedOneGoesFirst() {
        FoundLength guided = one(Tried.FID.guided(1.5).best(0.06));
        assertThat(recommended()).isEqualTo(guided);
        FoundLength unguided = one(Tried.FID.at(FIVE, 1));
        assertThat(recommended()).isEqualTo(unguided);
        assertThat(reason(guided)).isEqualTo("it is with guidance, and one without goes before it");
        // Each is replaced by its own kind alone.
        FoundLength other = one(Tried.FID.guided(1.4).at(SEVEN, 4).best(0.065));
        assertThat(recommended()).isEqualTo(unguided);
        assertThat(offered()).extracting(Offer::found).containsExactly(other);
    }

    @Test
    void aGuidedOneOfAnotherGuidanceMustBeBetterToo() {
        FoundLength present = one(Tried.FID.guided(1.5));
        FoundLength worse = new FoundLength(
                2,
                "worse",
                new MetricGoal("fid", MetricGoal.MetricDirection.MIN),
                "mine",
                present.settings(),
                present.images(),
                new Optimum(present.optimum().point().with(Axes.GUIDANCE, 3.0), 9, Optional.empty(), 0.07, 0.09),
                Optional.of(new Evidence(9, 99, 0, 99, Evidence.LengthEdge.NONE)),
                Optional.empty());
        all.add(worse);
        assertThat(recommended()).isEqualTo(present);
        assertThat(reason(worse)).matches("its fid is 9, that of the one taken, which is guided otherwise, 0\\.0\\d+");
    }

    @Test
    void aSweepWithAndWithoutGuidanceGivesOneOfEach() {
        List<FoundLength> both = end(Tried.FID.guided(1.0, 1.5));
        assertThat(both).extracting(FoundLength::guidance).containsExactly(1.5, 1.0);
        assertThat(both)
                .allSatisfy(found ->
                        assertThat(found.evidence().orElseThrow().trials()).isEqualTo(21));
        assertThat(recommended().guidance()).isEqualTo(1);
        assertThat(offered()).extracting(offer -> offer.found().guidance()).containsExactly(1.5);
    }

    @Test
    void aSweepWithFailedTrialsIsOfferedOnly() {
        FoundLength found = one(Tried.FID.failing(2));
        assertThat(RecommendationRule.of(all).recommended()).isEmpty();
        assertThat(offered())
                .extracting(Offer::reason)
                .containsExactly("2 of 21 trials of its sweep failed or were cancelled");
        assertThat(found.cautions()).hasSize(1);
        // Tried again, and well.
        FoundLength again = end("sweep0", Tried.FID).getFirst();
        assertThat(recommended()).isEqualTo(again);
        assertThat(offered()).isEmpty();
    }

    @Test
    void whatWasTakenStaysWhenItsSweepIsExtendedAndFails() {
        FoundLength taken = one(Tried.FID);
        one(Tried.FID.of("fd_random").best(0.1));
        FoundLength extended = end("sweep0", Tried.FID.at(SEVEN, 4).failing(1)).getFirst();
        assertThat(recommended()).isEqualTo(taken);
        assertThat(reason(extended)).isEqualTo("1 of 28 trials of its sweep failed or were cancelled");
    }

    @Test
    void aSweepWhoseBestLiesAtAnEdgeIsOfferedOnly() {
        FoundLength shortest = one(Tried.FID.best(0.02));
        FoundLength longest = one(Tried.FID.best(0.28));
        assertThat(RecommendationRule.of(all).recommended()).isEmpty();
        assertThat(shortest.cautions())
                .containsExactly("it is the shortest length that was tried, and shorter ones may be better");
        assertThat(longest.cautions())
                .containsExactly("it is the longest length that was tried, and longer ones may be better");
    }

    @Test
    void aSweepOfFewerThanFourLengthsIsOfferedOnly() {
        FoundLength three = one(Tried.FID.at(List.of(0.05, 0.08, 0.125), 9));
        assertThat(RecommendationRule.of(all).recommended()).isEmpty();
        assertThat(three.cautions())
                .containsExactly("it rests on 3 EMA lengths, fewer than the 4 that it takes to tell a best one");
        FoundLength four = one(Tried.FID.at(List.of(0.05, 0.07, 0.09, 0.125), 1));
        assertThat(recommended()).isEqualTo(four);
        assertThat(reason(three)).startsWith("it rests on 3 EMA lengths");
    }

    /** A nightly job's offers would be without number. */
    @Test
    void whatIsOfferedOnlyGivesWayToTheSameAgain() {
        for (int night = 0; night < 5; night++) one(Tried.FID.at(List.of(0.05, 0.08, 0.125), 1));
        assertThat(offered()).extracting(offer -> offer.found().id()).containsExactly(5L);
    }

    /** A job whose command names each night's build has other settings every night. */
    @Test
    void noMoreIsOfferedThanPeopleRead() {
        FoundLength guided = one(Tried.FID.guided(1.5));
        FoundLength taken = one(Tried.FID);
        for (int night = 0; night <= RecommendationRule.MOST_OFFERED; night++) one(Tried.FID.by("mine", "n" + night));
        assertThat(recommended()).isEqualTo(taken);
        assertThat(offered()).hasSize(RecommendationRule.MOST_OFFERED);
        assertThat(offered()).extracting(Offer::found).startsWith(guided, all.getLast());
    }

    @Test
    void whatAnOlderVersionFoundStandsUntilSomethingOfItsMetricAndEvaluatorIsFound() {
        FoundLength whole = one(Tried.FID);
        all.set(
                0,
                new FoundLength(
                        1,
                        "old",
                        new MetricGoal("fid", MetricGoal.MetricDirection.MIN),
                        "mine",
                        Optional.empty(),
                        List.of(),
                        whole.optimum(),
                        Optional.empty(),
                        Optional.empty()));
        assertThat(recommended().lacks().orElseThrow()).contains("an older version of phema found it");
        assertThat(recommended().words()).contains("by mine, without guidance; the best length lies between");
        one(Tried.FID.of("fd_random"));
        assertThat(recommended().sweep()).isEqualTo("old");
        FoundLength now = one(Tried.FID.at(FIVE, 1));
        assertThat(recommended()).isEqualTo(now);
    }

    @Test
    void anotherFamilyOfAveragesMustBeBetterToo() {
        FoundLength present = one(Tried.FID);
        Point cosine = AxisValues.NONE
                .with(new ProfileFamily("decay:cosine:{}"))
                .with(Axes.LENGTH, List.of(800.0))
                .with(Axes.TIME, List.of(NEWEST))
                .withDefaults()
                .grid()
                .getFirst();
        Evidence evidence = new Evidence(9, 99, 0, 99, Evidence.LengthEdge.NONE);
        FoundLength worse = windows(2, present, new Optimum(cosine, 0.09, Optional.empty(), 790, 810), evidence);
        all.add(worse);
        assertThat(recommended()).isEqualTo(present);
        assertThat(reason(worse))
                .matches("its fid is 0\\.09, that of the one taken, which is power:0\\.08\\d*, 0\\.0\\d+");
        FoundLength better = windows(3, present, new Optimum(cosine, 0.07, Optional.empty(), 100, 9000), evidence);
        all.add(better);
        assertThat(recommended()).isEqualTo(better);
        assertThat(better.profile()).isEqualTo("decay:cosine:800");
        assertThat(better.words()).contains("from 99 trials of 9 windows", "the best window lies between 100 and 9000");
    }

    private static FoundLength windows(long id, FoundLength like, Optimum optimum, Evidence evidence) {
        return new FoundLength(
                id,
                "windows" + id,
                like.goal(),
                like.evaluator(),
                like.settings(),
                like.images(),
                optimum,
                Optional.of(evidence),
                Optional.empty());
    }

    @Test
    void theSameMetricTheOtherWayUpIsAnotherOne() {
        FoundLength present = one(Tried.FID);
        FoundLength most = one(Tried.FID.of("fid:max").at(SEVEN, 9));
        assertThat(recommended()).isEqualTo(present);
        assertThat(reason(most)).contains("its metric is fid:max, and this run's recommendation goes by fid");
    }
}
