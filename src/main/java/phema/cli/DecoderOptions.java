package phema.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import phema.edm2.Decoding;
import phema.edm2.LatentCoding;
import phema.edm2.LatentDecoder;
import phema.problem.Problem;
import picocli.CommandLine.Option;

/** Says how latents become images. */
final class DecoderOptions {
    @Option(
            names = "--decoder",
            paramLabel = "FILE",
            description = "ONNX decoder of latents, such as src/interop/export_features.py makes of diffusers' "
                    + "AutoencoderKL.")
    private @Nullable Path decoder;

    @Option(
            names = "--latent-scale",
            split = ",",
            paramLabel = "NUM",
            description = "What latents are multiplied with, after --latent-shift is taken off, for the network; one "
                    + "number or one a channel (default: EDM2's for Stable Diffusion's latents).")
    private List<Double> scale = new ArrayList<>();

    @Option(
            names = "--latent-shift",
            split = ",",
            paramLabel = "NUM",
            description = "See --latent-scale (default with it: 0).")
    private List<Double> shift = new ArrayList<>();

    @Option(
            names = "--decoder-range",
            paramLabel = "0..1",
            defaultValue = "",
            description = "Black and white of the decoder: 0..1 (default, as EDM2 has it), or -1..1 (default with "
                    + "--latent-scale or --latent-shift).")
    private String range = "";

    private LatentCoding coding() {
        return LatentCoding.of(scale, shift, range);
    }

    /** Opens what is asked for. */
    Decoding open() throws IOException {
        if (decoder != null) return LatentDecoder.open(decoder, coding());
        LatentCoding.requireNone(scale, shift, range);
        return Decoding.NONE;
    }

    /** @param encoder of images, if they are to go through it and the decoder */
    Decoding open(@Nullable Path encoder) throws IOException {
        if (encoder == null) return open();
        if (decoder == null)
            throw Problem.invalid("encoder", "--encoder needs --decoder: features are of images, not of latents");
        return LatentDecoder.open(encoder, decoder, coding());
    }
}
