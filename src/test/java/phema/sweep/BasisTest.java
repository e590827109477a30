package phema.sweep;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import phema.evaluation.EvaluatorIdentity;
import phema.text.StoredJson;

class BasisTest {
    private static Basis basis(Map<String, String> evaluator, Map<String, String> files) {
        return new Basis(new TreeMap<>(evaluator), new TreeMap<>(files), new TreeMap<>(), new TreeMap<>());
    }

    private static Basis taken(String... meanings) {
        TreeMap<String, String> files = new TreeMap<>();
        TreeMap<String, String> taken = new TreeMap<>();
        for (int i = 0; i < meanings.length; i += 2) {
            files.put(meanings[i], "1");
            taken.put(meanings[i], meanings[i + 1]);
        }
        return new Basis(new TreeMap<>(), files, new TreeMap<>(), taken);
    }

    private static Basis basis(Map<String, String> evaluator) {
        return basis(evaluator, Map.of());
    }

    @Test
    void saysInWhichSettingsTheOtherDiffers() {
        Basis asked = basis(Map.of("steps", "32", "reference", "aa", "type", "builtin"));
        assertThat(asked.objection("builtin", basis(Map.of("steps", "2", "reference", "aa", "type", "builtin"))))
                .contains("evaluator builtin differs in steps: 2 here, 32 in the sweep");
        assertThat(asked.objection("builtin", basis(Map.of("command", "c", "reference", "bb", "type", "command"))))
                .contains("evaluator builtin differs in command: c here, none in the sweep;"
                        + " reference: bb here, aa in the sweep; steps: none here, 32 in the sweep; and 1 more");
        assertThat(asked.objection("builtin", asked)).isEmpty();
    }

    /** Commands can be long, and alike for most of it. */
    @Test
    void showsWhereLongValuesDiffer() {
        String alike = "python evaluate.py " + "x".repeat(200);
        String rest = "y".repeat(200);
        assertThat(basis(Map.of("command", alike + " --steps=32 " + rest))
                        .objection("mine", basis(Map.of("command", alike + " --steps=2 " + rest)))
                        .orElseThrow())
                .hasSizeLessThan(250)
                .contains("--steps=2 yy", "--steps=32 yy", "...");
    }

    @Test
    void whatTheMakerCouldNotTellTheFirstWorkerSettles() {
        Basis asked = basis(Map.of("steps", "32", "reference", EvaluatorIdentity.UNKNOWN));
        Basis first = basis(Map.of("steps", "32", "reference", "aa"));
        assertThat(asked.digest()).isEmpty();
        assertThat(asked.objection("builtin", first)).isEmpty();
        Basis settled = asked.completedBy(first);
        assertThat(settled).isEqualTo(first);
        assertThat(settled.digest()).isEqualTo(first.digest()).isPresent();
        assertThat(settled.objection("builtin", basis(Map.of("steps", "32", "reference", "bb"))))
                .isPresent();
    }

    @Test
    void filesMayComeAndGoButNotBecomeOthers() {
        Basis asked = basis(Map.of(), Map.of("run/a", "1", "run/b", "2"));
        assertThat(asked.objection("mine", basis(Map.of(), Map.of("run/b", "2", "run/c", "3"))))
                .isEmpty();
        assertThat(asked.objection("mine", basis(Map.of(), Map.of("run/b", "3")))
                        .orElseThrow())
                .startsWith("its file run/b is another than the sweep's");
        assertThat(asked.withMoreRuns(basis(Map.of(), Map.of("run/c", "3", "guide/d", "4"))))
                .isEqualTo(basis(Map.of(), Map.of("run/a", "1", "run/b", "2", "guide/d", "4")));
    }

    @Test
    void filesMayNotBeTakenForSomethingElse() {
        Basis asked = taken("run/a", "impulse at time 100 of aa", "run/b", "impulse at time 200 of aa");
        assertThat(asked.objection("mine", asked)).isEmpty();
        assertThat(asked.objection("mine", taken("run/b", "power:0.1 at time 200 of aa")))
                .contains("its file run/b is taken for power:0.1 at time 200 here, and for impulse at time 200 in the"
                        + " sweep: what phema.yaml, names and files say of it has changed");
        assertThat(asked.objection("mine", taken("run/b", "impulse at time 200 of bb")))
                .contains("its file run/b has other tensors as weights here than in the sweep: what phema.yaml, names"
                        + " and files say of it has changed");
        assertThat(asked.withMoreRuns(taken("run/c", "impulse at time 1 of aa", "guide/d", "swa at time 2 of aa")))
                .isEqualTo(taken(
                        "run/a",
                        "impulse at time 100 of aa",
                        "run/b",
                        "impulse at time 200 of aa",
                        "guide/d",
                        "swa at time 2 of aa"));
        assertThat(basis(Map.of(), Map.of("run/b", "1")).objection("mine", asked))
                .isEmpty();
    }

    @Test
    void isReadAsItWasWritten() {
        Basis basis = taken("run/a", "impulse at time 100 of aa").completedBy(basis(Map.of()));
        assertThat(StoredJson.read(StoredJson.write(basis), Basis.class)).isEqualTo(basis);
        String older = "{\"evaluator\":{\"type\":\"command\"},\"snapshots\":{\"run/a\":\"1\"},\"contents\":{}}";
        assertThat(StoredJson.read(older, Basis.class))
                .isEqualTo(basis(Map.of("type", "command"), Map.of("run/a", "1")));
    }

    /** Its digest is the id of what recommendations and pins of older versions were set for. */
    @Test
    void witnessesOfOlderVersionsAreWrittenAsTheyWere() {
        String older = "{\"stamps\":{\"run/a\":\"1\"},\"contents\":{\"run/a\":\"2\"}}";
        Witnesses read = StoredJson.read(older, Witnesses.class);
        assertThat(StoredJson.write(read)).isEqualTo(older);
        assertThat(read.isSame("run", taken("run/a", "impulse at time 1 of aa").witnesses()))
                .isTrue();
    }
}
