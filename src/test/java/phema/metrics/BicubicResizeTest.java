package phema.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import phema.Fixtures;

class BicubicResizeTest {
    /** Values by torch.nn.functional.interpolate: fixtures/metrics/make.py. */
    @ParameterizedTest
    @ValueSource(ints = {3, 5, 9})
    void agreesWithPyTorch(int size) throws IOException {
        float[] image = new float[7 * 7];
        for (int i = 0; i < image.length; i++) image[i] = i * i % 101;
        float[] resized = new float[size * size];
        new BicubicResize(7, size).plane(image, 0, resized, 0);
        float[] expected = floats("bicubic-7-" + size + ".txt");
        assertThat(resized).containsExactly(expected, within(1e-4f));
    }

    static float[] floats(String fixture) throws IOException {
        Object[] lines =
                Files.readAllLines(Fixtures.fixture("metrics/" + fixture)).toArray();
        float[] values = new float[lines.length];
        for (int i = 0; i < values.length; i++) values[i] = Float.parseFloat(lines[i].toString());
        return values;
    }
}
