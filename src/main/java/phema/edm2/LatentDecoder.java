package phema.edm2;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import phema.format.FormatException;
import phema.onnx.OnnxDevice;
import phema.onnx.OnnxException;
import phema.onnx.OnnxGraph;
import phema.onnx.OnnxPort;
import phema.onnx.TensorBuffer;
import phema.problem.Problem;
import phema.tensor.DType;
import phema.tensor.Shape;

/**
 * Decodes latents by an ONNX file of one input [N, C, h, w] and one output [N, 1 or 3, H, W] in float32, as diffusers'
 * {@code AutoencoderKL} has them. With its other half, an encoder [N, 3, H, W] to [N, C or 2 C, h, w] whose first C
 * channels are means, images become what is left of them in latents.
 */
public final class LatentDecoder implements Decoding {
    /** The pixels that come of one latent of Stable Diffusion, and the memory in bytes that each of them takes. */
    private static final int PIXELS = 64;

    private static final int BYTES_PER_PIXEL = 3 * 256 * Float.BYTES;

    private final Half decoder;
    private final Optional<Half> encoder;
    private final LatentCoding coding;

    private LatentDecoder(Half decoder, Optional<Half> encoder, LatentCoding coding) {
        this.decoder = decoder;
        this.encoder = encoder;
        this.coding = coding;
    }

    /** @throws FormatException when the file is no such network */
    public static LatentDecoder open(Path decoder, LatentCoding coding) throws IOException {
        return new LatentDecoder(Half.open(decoder), Optional.empty(), coding);
    }

    /** Takes images instead of latents. @throws FormatException when a file is no such network */
    public static LatentDecoder open(Path encoder, Path decoder, LatentCoding coding) throws IOException {
        Half first = Half.open(encoder);
        try {
            return new LatentDecoder(Half.open(decoder), Optional.of(first), coding);
        } catch (IOException | RuntimeException e) {
            first.close();
            throw e;
        }
    }

    @Override
    public void require(int channels, int resolution) {
        if (encoder.isPresent()) {
            if (channels != 1) encoder.get().require(channels, resolution);
            else encoder.get().require(3, resolution);
            return;
        }
        coding.require(channels);
        decoder.require(channels, resolution);
    }

    @Override
    public ImageBatch images(float[] values, int channels, int resolution) {
        require(channels, resolution);
        int pixels = channels * resolution * resolution;
        long memory = (long) BYTES_PER_PIXEL * resolution * resolution * (encoder.isPresent() ? 1 : PIXELS);
        int atOnce = (int) Math.clamp(OnnxDevice.get().memory() / memory, 1, Math.max(1, values.length / pixels));
        float[] all = new float[0];
        int width = 0;
        int colours = 0;
        for (int first = 0; first < values.length; first += atOnce * pixels) {
            int end = Math.min(values.length, first + atOnce * pixels);
            TensorBuffer some = decoded(Arrays.copyOfRange(values, first, end), channels, resolution);
            List<Long> dims = some.shape().dims();
            colours = dims.get(1).intValue();
            width = dims.get(2).intValue();
            float[] floats = some.floats();
            if (all.length == 0) all = new float[values.length / pixels * colours * width * width];
            System.arraycopy(floats, 0, all, first / pixels * colours * width * width, floats.length);
        }
        for (float value : all)
            if (!Float.isFinite(value))
                throw Problem.unprocessable(decoder.path() + " makes values that are not finite");
        return new ImageBatch(colours, width, coding.pixels(all));
    }

    private TensorBuffer decoded(float[] values, int channels, int resolution) {
        TensorBuffer images = decoder.run(own(values, channels, resolution));
        List<Long> dims = images.shape().dims();
        if (dims.get(1) != 1 && dims.get(1) != 3 || !dims.get(2).equals(dims.get(3)))
            throw Problem.invalid("decoder", decoder.path() + " makes " + dims + "; images are [N, 1 or 3, H, H]");
        return images;
    }

    private TensorBuffer own(float[] values, int channels, int resolution) {
        int plane = resolution * resolution;
        int n = values.length / channels / plane;
        if (encoder.isEmpty())
            return TensorBuffer.of(Shape.of(n, channels, resolution, resolution), coding.own(values, channels, plane));
        TensorBuffer made = encoder.get()
                .run(TensorBuffer.of(
                        Shape.of(n, 3, resolution, resolution), coding.forEncoder(rgb(values, channels, plane))));
        return means(made);
    }

    private static float[] rgb(float[] values, int channels, int plane) {
        float[] rgb = new float[values.length / channels * 3];
        for (int i = 0; i < rgb.length; i++) {
            int channel = Math.min(i / plane % 3, channels - 1);
            rgb[i] = values[(i / plane / 3 * channels + channel) * plane + i % plane];
        }
        return rgb;
    }

    /** The first of twice as many channels as the decoder takes. */
    private TensorBuffer means(TensorBuffer made) {
        List<Long> dims = made.shape().dims();
        long channels = dims.get(1);
        if (channels % 2 != 0 || !decoder.takes(channels / 2) || decoder.takes(channels)) return made;
        int kept = made.floats().length / Math.toIntExact(dims.getFirst()) / 2;
        float[] all = made.floats();
        float[] means = new float[all.length / 2];
        for (int n = 0; n < dims.getFirst(); n++) System.arraycopy(all, 2 * n * kept, means, n * kept, kept);
        return TensorBuffer.of(Shape.of(dims.getFirst(), channels / 2, dims.get(2), dims.get(3)), means);
    }

    @Override
    public void close() {
        decoder.close();
        encoder.ifPresent(Half::close);
    }

    /** Runs one of the two networks. */
    private record Half(Path path, OnnxGraph graph) {
        static Half open(Path path) throws IOException {
            OnnxGraph graph = OnnxGraph.open(path);
            Half half = new Half(path, graph);
            try {
                half.requireForm();
                return half;
            } catch (IOException | RuntimeException e) {
                graph.close();
                throw e;
            }
        }

        private void requireForm() throws FormatException {
            boolean one = graph.inputs().size() == 1 && graph.outputs().size() == 1;
            if (!one || !isMap(input()) || !isMap(graph.outputs().getFirst()))
                throw new FormatException(
                        path,
                        "has the inputs " + graph.inputs() + " and the outputs " + graph.outputs()
                                + "; encoders and decoders have one of each, FLOAT [N, C, H, W]");
            if (input().dims().getFirst() >= 0)
                throw new FormatException(
                        path,
                        "takes exactly " + input().dims().getFirst()
                                + " images at once; export it with a dynamic first axis");
        }

        private static boolean isMap(OnnxPort port) {
            return port.dtype().equals(Optional.of(DType.F32)) && port.dims().size() == 4;
        }

        private OnnxPort input() {
            return graph.inputs().getFirst();
        }

        boolean takes(long channels) {
            return input().accepts(1, channels);
        }

        void require(int channels, int resolution) {
            if (!takes(channels) || !input().accepts(2, resolution) || !input().accepts(3, resolution))
                throw Problem.invalid(
                        "decoder",
                        path + " takes " + input() + ", and these are " + channels + " channels of " + resolution + "x"
                                + resolution);
        }

        TensorBuffer run(TensorBuffer input) {
            try {
                return graph.run(Map.of(input().name(), input)).firstEntry().getValue();
            } catch (OnnxException e) {
                throw Problem.invalid("decoder", path + " cannot be run on " + input.shape() + ": " + e.getMessage());
            }
        }

        void close() {
            graph.close();
        }
    }
}
