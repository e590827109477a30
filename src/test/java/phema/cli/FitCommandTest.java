package phema.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Locale;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class FitCommandTest {
    private static final String FIT = "fit --indir " + Shell.EDM2 + " --outstd ";

    @Test
    void printsALineForEachTargetAndWhatIsWrongWithIt() {
        String out = Shell.phema(FIT + "0.02,0.0755").fine().out();
        assertThat(out)
                .contains("32 snapshots of sigma_rel 0.050 0.100, times 16384 to 262144")
                .containsPattern("(?m)^0\\.020 +262144 ")
                .containsPattern("(?m)^0\\.0755 +262144 ")
                .containsPattern("(?m)^0\\.020: the stored files can express this target only roughly");
    }

    @Test
    void printsALineForEachLayer() {
        String command = FIT + "0.15 --layer *conv*=power:0.1 --layer *gain=uniform:65536";
        assertThat(Shell.phema(command + " --coefficients").fine().out())
                .containsPattern("(?m)^0\\.150 +262144 ")
                .containsPattern("(?m)^\\*conv\\*=0\\.100 +262144 +1 ")
                .containsPattern("(?m)^\\*gain=uniform:65536 +262144 ")
                .containsPattern(
                        "coefficients for \\*conv\\*=0\\.100\\R\\+1\\.000000000  network-snapshot-0000262-0\\.100");
        JsonNode layer = Shell.phema(command + " --json").json().get("layers").get(0);
        assertThat(layer.propertyNames()).containsExactly("tensors", "fit");
        assertThat(layer.get("tensors").asString()).isEqualTo("*conv*");
        assertThat(layer.at("/fit/target/sigmaRel").asDouble()).isEqualTo(0.1);
    }

    /** In images, which is what the run's clock counts, not in steps. */
    @Test
    void tellsTheHalfLifeOfADecay() {
        String command = "fit --indir " + Shell.EDM2 + " --profile exponential:decay=0.9999";
        assertThat(Shell.phema(command).fine().out())
                .containsPattern("(?m)^exponential:decay=0\\.9999 \\(half-life 6931\\.13\\) +262144 ");
        assertThat(Shell.phema(command + " --json")
                        .json()
                        .at("/fits/0/target/halfLife")
                        .asDouble())
                .isCloseTo(6931.12, within(0.01));
    }

    @Test
    void listsTheCoefficientsOfFilesThatAreRead() {
        String out = Shell.phema(FIT + "0.1 --coefficients").fine().out();
        assertThat(out).endsWith("+1.000000000  network-snapshot-0000262-0.100.pkl" + System.lineSeparator());
    }

    @Test
    void printsTheSameInEveryLocale() {
        String expected = Shell.phema(FIT + "0.15 --coefficients").fine().out();
        Locale before = Locale.getDefault();
        try {
            Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
            assertThat(Shell.phema(FIT + "0.15 --coefficients").fine().out()).isEqualTo(expected);
        } finally {
            Locale.setDefault(before);
        }
    }

    @Test
    void speaksTheWordsOfTheRestInterfaceInJson() {
        JsonNode json = Shell.phema(FIT + "0.1,0.15 --solver paper --outkimg 131 --json")
                .json();
        assertThat(json.get("snapshots").size()).isEqualTo(32);
        assertThat(json.get("report").get("actualToPredicted").get("blup").asDouble())
                .isBetween(0.85, 1.2);
        assertThat(json.get("report").get("surprises").size()).isEqualTo(32);
        JsonNode rates = json.get("report").get("rates");
        assertThat(rates.get(0).get("rate").asDouble())
                .isGreaterThan(rates.get(rates.size() - 1).get("rate").asDouble());
        JsonNode fit = json.get("fits").get(1);
        assertThat(fit.get("target").get("kind").asString()).isEqualTo("power");
        assertThat(fit.get("target").get("sigmaRel").asDouble()).isEqualTo(0.15);
        assertThat(fit.get("target").get("time").asDouble()).isEqualTo(131_072);
        assertThat(fit.get("solver").asString()).isEqualTo("paper");
        assertThat(fit.get("filesUsed").asInt())
                .isEqualTo(fit.get("coefficients").size())
                .isEqualTo(16);
        assertThat(StreamSupport.stream(fit.get("coefficients").spliterator(), false)
                        .mapToDouble(JsonNode::asDouble)
                        .sum())
                .isCloseTo(1, within(1e-9));
        assertThat(fit.get("predictedRelativeError").asDouble())
                .isEqualTo(fit.get("predictedRelativeErrors").get("paper").asDouble());
        for (String number : new String[] {"conditionNumber", "coefficientNorm", "profileResidual"})
            assertThat(fit.get(number).isNumber()).as(number).isTrue();
        assertThat(fit.get("warnings").isArray()).isTrue();
    }
}
