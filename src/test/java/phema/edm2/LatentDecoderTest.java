package phema.edm2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static phema.Fixtures.fixture;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import phema.format.FormatException;
import phema.format.WeightFiles;
import phema.problem.Problem;
import phema.tensor.PixelLevel;

/** Compares with what diffusers makes with the same tiny autoencoder: fixtures/vae/make.py. */
class LatentDecoderTest {
    private static final Path DECODER = fixture("vae/decoder.onnx");
    private static final Path ENCODER = fixture("vae/encoder.onnx");

    private static float[] reference(String name) throws IOException {
        return Objects.requireNonNull(WeightStore.read(WeightFiles.read(fixture("vae/reference.safetensors")))
                        .get(name))
                .elements();
    }

    @Test
    void edm2sLatentsBecomeTheLevelsThatItWrites() throws IOException {
        float[] decoded = reference("decoded");
        try (LatentDecoder decoder = LatentDecoder.open(DECODER, LatentCoding.EDM2)) {
            ImageBatch images = decoder.images(reference("latents"), 4, 4);
            assertThat(images.channels()).isEqualTo(3);
            assertThat(images.resolution()).isEqualTo(8);
            assertThat(images.count()).isEqualTo(3);
            int off = 0;
            boolean[] seen = new boolean[256];
            for (int i = 0; i < decoded.length; i++) {
                int level = PixelLevel.of(images.values()[i]);
                seen[level] = true;
                if (level != (int) (Math.clamp(decoded[i], 0f, 1f) * 255)) off++;
            }
            assertThat(off).as("levels that rounding of the network moves").isLessThan(decoded.length / 50);
            int levels = 0;
            for (boolean one : seen) levels += one ? 1 : 0;
            assertThat(levels).isGreaterThan(20);
        }
    }

    @Test
    void otherLatentsHaveAScaleAndAShift() throws IOException {
        LatentCoding coding = LatentCoding.of(List.of(0.18215), List.of(0.1), "");
        try (LatentDecoder decoder = LatentDecoder.open(DECODER, coding)) {
            assertThat(decoder.images(reference("latents"), 4, 4).values())
                    .containsExactly(reference("scaled"), within(1e-4f));
        }
    }

    @Test
    void imagesBecomeWhatLatentsKeepOfThem() throws IOException {
        float[] pixels = reference("pixels");
        LatentCoding centered = LatentCoding.of(List.of(), List.of(), "-1..1");
        try (LatentDecoder decoder = LatentDecoder.open(ENCODER, DECODER, centered)) {
            assertThat(decoder.images(pixels, 3, 8).values())
                    .containsExactly(reference("reconstructed"), within(1e-4f));
        }
        for (int i = 0; i < pixels.length; i++) pixels[i] = 2 * pixels[i] - 1;
        float[] levels = new float[pixels.length];
        float[] expected = reference("reconstructed");
        for (int i = 0; i < levels.length; i++) levels[i] = (float) (Math.clamp(expected[i], 0f, 1f) * 2 - 1);
        try (LatentDecoder decoder = LatentDecoder.open(ENCODER, DECODER, LatentCoding.EDM2)) {
            assertThat(decoder.images(pixels, 3, 8).values()).containsExactly(levels, within(2.1f / 255));
        }
    }

    @Test
    void decodingOneByOneMakesTheSameImages() throws IOException {
        float[] latents = reference("latents");
        try (LatentDecoder decoder = LatentDecoder.open(DECODER, LatentCoding.of(List.of(1.0), List.of(), ""))) {
            float[] last = Arrays.copyOfRange(latents, 128, 192);
            float[] all = decoder.images(latents, 4, 4).values();
            assertThat(decoder.images(last, 4, 4).values())
                    .containsExactly(Arrays.copyOfRange(all, 2 * 192, 3 * 192), within(1e-5f));
        }
    }

    @Test
    void whatDoesNotFitIsRefusedBeforeHours() throws IOException {
        try (LatentDecoder decoder = LatentDecoder.open(DECODER, LatentCoding.EDM2)) {
            assertThatThrownBy(() -> decoder.require(3, 16))
                    .isInstanceOf(Problem.class)
                    .hasMessageContaining(
                            "latentScale is missing: these are 3 channels, and what is assumed is EDM2's, for the 4 of");
        }
        try (LatentDecoder decoder = LatentDecoder.open(DECODER, LatentCoding.of(List.of(2.0), List.of(), ""))) {
            assertThatThrownBy(() -> decoder.require(8, 16))
                    .isInstanceOf(Problem.class)
                    .hasMessageContaining(
                            "decoder.onnx takes FLOAT [any, 4, any, any], and these are 8 channels of 16");
        }
        assertThatThrownBy(() ->
                        LatentCoding.of(List.of(1.0), List.of(1.0, 2.0), "").require(4))
                .isInstanceOf(Problem.class)
                .hasMessage("latentShift has 2 numbers for 4 channels of latents; give one, or one a channel");
        assertThatThrownBy(() -> Decoding.NONE.require(4, 8)).hasMessageContaining("are no images yet");
        assertThatThrownBy(() -> LatentDecoder.open(fixture("metrics/means.onnx"), LatentCoding.EDM2))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("encoders and decoders have one of each, FLOAT [N, C, H, W]");
        assertThatThrownBy(() -> LatentCoding.of(List.of(0.0), List.of(), ""))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("latentScale must be numbers above 0, not [0.0]");
        assertThatThrownBy(() -> LatentCoding.of(List.of(), List.of(), "0-1"))
                .hasMessageContaining("decoderRange is 0..1 or -1..1, not 0-1");
    }
}
