package phema.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ImagesTest {
    @Test
    void hold256LevelsFromBlackToWhite() {
        float[] values = {-1, 1, -7, 7};
        assertThat(Images.quantized(values, 1, 2).rgb()).startsWith(0, 255, 0, 255);
        assertThat(Images.quantized(new float[] {2 / 127.5f - 1, 2.4f / 127.5f - 1, 2.6f / 127.5f - 1}, 3, 1)
                        .rgb())
                .containsExactly(2, 2, 3);
    }

    @Test
    void ofGreyHaveThreeEqualChannels() {
        Images images = Images.quantized(new float[] {-1, 1}, 1, 1);
        assertThat(images.count()).isEqualTo(2);
        assertThat(images.rgb()).containsExactly(0, 0, 0, 255, 255, 255);
    }
}
