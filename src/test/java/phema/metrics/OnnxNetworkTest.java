package phema.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import phema.Fixtures;
import phema.format.FormatException;
import phema.problem.Problem;

/** The networks' features are means of channels: fixtures/metrics/make.py. */
class OnnxNetworkTest {
    private static final Path FIXTURES = Fixtures.fixture("metrics");

    /** Two images of 2x2, of one colour each. */
    private static Images images() {
        byte[] rgb = new byte[2 * 3 * 4];
        for (int i = 0; i < rgb.length; i++) rgb[i] = (byte) (200 - i / 4 * 30);
        return new Images(2, rgb);
    }

    @ParameterizedTest
    @ValueSource(strings = {"means.onnx", "means-uint8.onnx"})
    void ofInceptionTakesLevels(String file) throws IOException {
        try (OnnxNetwork network = OnnxNetwork.open(Metric.FID, FIXTURES.resolve(file))) {
            float[][] features = network.features(images());
            assertThat(features).hasDimensions(2, 3);
            assertThat(features[0]).containsExactly(200, 170, 140);
            assertThat(features[1]).containsExactly(110, 80, 50);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"means.onnx", "means-224.onnx"})
    void ofDinoTakesImagesAsImageNetsAreShown(String file) throws IOException {
        try (OnnxNetwork network = OnnxNetwork.open(Metric.FD_DINOV2, FIXTURES.resolve(file))) {
            float[] expected = {
                (200 / 255f - 0.485f) / 0.229f, (170 / 255f - 0.456f) / 0.224f, (140 / 255f - 0.406f) / 0.225f
            };
            assertThat(network.features(images())[0]).containsExactly(expected, within(1e-4f));
        }
    }

    @Test
    void thatTakesAnotherSizeIsRefused() throws IOException {
        Path file = FIXTURES.resolve("means-224.onnx");
        try (OnnxNetwork network = OnnxNetwork.open(Metric.FID, file)) {
            assertThatThrownBy(() -> network.features(images()))
                    .isInstanceOf(Problem.class)
                    .hasMessage(
                            file + " takes images of 224x224 only, these are 2x2; export it with its resizing inside");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            fid       | grey.onnx        | has the input FLOAT [any, 1, any, any]; fid takes FLOAT or UINT8 [N, 3, H, W]
            fd_dinov2 | means-uint8.onnx | has the input UINT8 [any, 3, any, any]; fd_dinov2 takes FLOAT [N, 3, 224, 224]
            fid       | maps.onnx        | has the output FLOAT [any, 3, 1, 1]; features are FLOAT [N, D]
            fid       | fixed-batch.onnx | takes exactly 1 images at once; export it with a dynamic first axis
            fid       | fid.npz          | is not an ONNX network that can be run:
            """)
    void thatDoesNotMakeFeaturesIsRefused(String metric, String file, String problem) {
        assertThatThrownBy(() -> OnnxNetwork.open(Metric.named(metric), FIXTURES.resolve(file)))
                .isInstanceOf(FormatException.class)
                .hasMessageStartingWith(FIXTURES.resolve(file) + ": " + problem);
    }
}
