package phema.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import phema.api.SweepView;
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
        String json = "{\"state\": \"%s\", \"mode\": \"search\", \"trials\": {\"queued\": 3}}".formatted(state);
        return JSON.readValue(json, SweepView.class);
    }

    @Test
    void saysOnceThatNothingWasBegunForHalfAMinute() {
        try (SweepDisplay display = new SweepDisplay(new PrintWriter(out), sweep("queued"), clock)) {
            clock.jump(Duration.ofHours(1));
            clock.pass(Duration.ofSeconds(30));
            display.show(sweep("queued"));
            assertThat(out.toString()).isEmpty();
            clock.pass(Duration.ofSeconds(1));
            display.show(sweep("queued"));
            display.show(sweep("queued"));
            assertThat(out.toString()).hasLineCount(1).startsWith("no trial was started yet");
        }
    }

    @Test
    void saysWhenNobodyTakesWhatWaitsAndWhy() {
        String stuck = """
                {"id": "s", "state": "running", "mode": "search", "trials": {"queued": 3}, "stuck": true, "leftAlone":
                [{"worker": "a:1", "task": "evaluation", "work": "s", "reason": "evaluator mine differs in %s: 2 here, 3 in the sweep"}]}""";
        try (SweepDisplay display = new SweepDisplay(new PrintWriter(out), sweep("queued"), clock)) {
            for (String setting : List.of("steps", "steps", "format"))
                display.show(JSON.readValue(stuck.formatted(setting), SweepView.class));
            display.show(sweep("running"));
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
            String ended = "{\"state\": \"cancelled\", \"trials\": {\"done\": 1, \"failed\": 1, \"cancelled\": 3}}";
            display.show(JSON.readValue(ended, SweepView.class));
            assertThat(out.toString()).isEqualToIgnoringNewLines("2 trials");
        }
    }

    @Test
    void saysNothingOfASweepThatWasBegun() {
        try (SweepDisplay display = new SweepDisplay(new PrintWriter(out), sweep("queued"), clock)) {
            clock.pass(Duration.ofMinutes(1));
            display.show(sweep("running"));
            assertThat(out.toString()).isEmpty();
        }
    }
}
