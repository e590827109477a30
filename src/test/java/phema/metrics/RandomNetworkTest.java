package phema.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class RandomNetworkTest {
    /** Features by PyTorch: fixtures/metrics/make.py. */
    @Test
    void isTheNetworkThatItsDescriptionSays() throws IOException {
        byte[] rgb = new byte[3 * 12 * 12];
        for (int i = 0; i < rgb.length; i++) rgb[i] = (byte) (i * 37);
        try (RandomNetwork network = new RandomNetwork()) {
            assertThat(network.features(new Images(12, rgb))[0])
                    .hasSize(RandomNetwork.FEATURES)
                    .containsExactly(BicubicResizeTest.floats("random-features.txt"), within(1e-5f));
        }
    }
}
