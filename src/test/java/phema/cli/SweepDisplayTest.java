package phema.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import phema.api.SweepView;
import phema.api.TrialView;
import phema.time.SettableClock;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

class SweepDisplayTest {
    private static final JsonMapper JSON = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .build();

    private final SettableClock clock = new SettableClock();
    private final StringWriter out = new StringWriter();

    private static SweepView sweep(String state) {
        String json = "{\"state\": \"%s\", \"mode\": \"search\", \"evaluator\": \"e\", \"trials\": {\"queued\": 3}}"
                .formatted(state);
        return JSON.readValue(json, SweepView.class);
    }

    @Test
    void saysOnceThatNothingWasBegunForHalfAMinute() {
        try (SweepDisplay display = new SweepDisplay(new PrintWriter(out), sweep("queued"), clock)) {
            clock.jump(Duration.ofHours(1));
            clock.pass(Duration.ofSeconds(30));
            display.show(sweep("queued"), List.of());
            assertThat(out.toString()).isEmpty();
            clock.pass(Duration.ofSeconds(1));
            display.show(sweep("queued"), List.of());
            display.show(sweep("queued"), List.of());
            assertThat(out.toString()).hasLineCount(1).startsWith("no trial was started yet");
        }
    }

    @Test
    void saysOnceWhichClientsASweepWaitsFor() {
        String begun = """
                {"id": "s", "state": "running", "mode": "grid", "evaluator": "remote:mine@1", "metric": "fid",
                "trials": {"queued": 3, "running": %d}}""";
        try (SweepDisplay display = new SweepDisplay(new PrintWriter(out), sweep("queued"), clock)) {
            for (int running = 0; running < 2; running++) {
                display.show(JSON.readValue(begun.formatted(running), SweepView.class), List.of());
                clock.pass(Duration.ofSeconds(5));
            }
            assertThat(out.toString()).isEmpty();
            clock.pass(Duration.ofSeconds(1));
            for (int i = 0; i < 2; i++) display.show(JSON.readValue(begun.formatted(0), SweepView.class), List.of());
            assertThat(out.toString())
                    .isEqualToIgnoringNewLines(
                            "sweep s waits for clients that ask a service for trials of remote:mine@1");
        }
    }

    @Test
    void saysWhenNobodyTakesWhatWaitsAndWhy() {
        String stuck = """
                {"id": "s", "state": "running", "mode": "search", "trials": {"queued": 3}, "stuck": true, "leftAlone":
                [{"worker": "a:1", "task": "evaluation", "work": "s", "reason": "evaluator mine differs in %s: 2 here, 3 in the sweep"}]}""";
        try (SweepDisplay display = new SweepDisplay(new PrintWriter(out), sweep("queued"), clock)) {
            for (String setting : List.of("steps", "steps", "format"))
                display.show(JSON.readValue(stuck.formatted(setting), SweepView.class), List.of());
            display.show(sweep("running"), List.of());
            assertThat(out.toString().lines())
                    .containsExactly(
                            "no worker takes the trials of sweep s that wait:",
                            "  worker a:1: evaluator mine differs in steps: 2 here, 3 in the sweep",
                            "no worker takes the trials of sweep s that wait:",
                            "  worker a:1: evaluator mine differs in format: 2 here, 3 in the sweep");
        }
    }

    @Test
    void countsNoTrialsThatWereCancelled() {
        try (SweepDisplay display = new SweepDisplay(new PrintWriter(out), sweep("queued"), clock)) {
            String ended = """
                    {"state": "cancelled", "evaluator": "e", "trials": {"done": 1, "failed": 1, "cancelled": 3}}""";
            display.show(JSON.readValue(ended, SweepView.class), List.of());
            assertThat(out.toString()).isEqualToIgnoringNewLines("2 trials, 1 failed");
        }
    }

    private static SweepView grid(int done, int failed, int queued, String more) {
        return JSON.readValue("""
                {"id": "s", "state": "running", "mode": "grid", "evaluator": "e", "metric": "fid",
                 "sigmaRel": [0.1, 0.2],
                 "metrics": [{"name": "fid", "direction": "min"}],
                 "trials": {"done": %d, "failed": %d, "queued": %d}%s}""".formatted(done, failed, queued, more), SweepView.class);
    }

    private static TrialView trial(int number, String more) {
        return JSON.readValue("""
                {"sweep": "s", "number": %d, "sigmaRel": 0.1, "time": 1, "guidance": 1, "seeds": "0-7", %s}""".formatted(number, more), TrialView.class);
    }

    @Test
    void showsValuesAsTheyComeWithRateAndTimeLeft() {
        try (SweepDisplay display = new SweepDisplay(new PrintWriter(out), grid(0, 0, 10, ""), clock)) {
            SweepView first = grid(1, 0, 9, "");
            assertThat(display.wants(first)).isTrue();
            TrialView done = trial(0, "\"state\": \"done\", \"metrics\": {\"fid\": 3.5}");
            display.show(first, List.of(done));
            assertThat(display.wants(first)).isFalse();
            display.show(
                    grid(2, 1, 7, ", \"trialsPerMinute\": 3.14, \"secondsLeft\": 134"),
                    List.of(
                            done,
                            trial(1, "\"state\": \"done\", \"metrics\": {\"fid\": 2.5}"),
                            trial(2, "\"state\": \"failed\", \"metrics\": {}, \"error\": \"status 3\\nno memory\""),
                            trial(3, "\"state\": \"running\", \"metrics\": {}")));
            assertThat(out.toString().lines())
                    .containsExactly(
                            "trial 0, sigma_rel 0.100: fid 3.5",
                            "10% of 10 trials",
                            "trial 1, sigma_rel 0.100: fid 2.5, the best value so far",
                            "trial 2, sigma_rel 0.100: failed: no memory",
                            "30% of 10 trials, 1 failed, 3.14 a minute, 2 min left");
        }
    }

    @Test
    void ofManyTrialsOnlyTheBestValuesAreShown() {
        try (SweepDisplay display = new SweepDisplay(new PrintWriter(out), grid(0, 0, 200, ""), clock)) {
            display.show(
                    grid(2, 0, 198, ""),
                    List.of(
                            trial(0, "\"state\": \"done\", \"metrics\": {\"fid\": 2.5}"),
                            trial(1, "\"state\": \"done\", \"metrics\": {\"fid\": 3.5}")));
            assertThat(out.toString().lines()).containsExactly("trial 0, sigma_rel 0.100: fid 2.5");
        }
    }

    @Test
    void saysNothingOfASweepThatWasBegun() {
        try (SweepDisplay display = new SweepDisplay(new PrintWriter(out), sweep("queued"), clock)) {
            clock.pass(Duration.ofMinutes(1));
            display.show(sweep("running"), List.of());
            assertThat(out.toString()).isEmpty();
        }
    }
}
