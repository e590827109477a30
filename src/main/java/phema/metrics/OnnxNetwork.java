package phema.metrics;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import phema.format.FormatException;
import phema.onnx.OnnxException;
import phema.onnx.OnnxGraph;
import phema.onnx.OnnxPort;
import phema.onnx.TensorBuffer;
import phema.problem.Problem;
import phema.tensor.DType;
import phema.tensor.Shape;

/**
 * Runs a feature network in a file of the user's: one input [N, 3, H, W], one output [N, D].
 *
 * <ul>
 * <li>{@link Metric#FID}: the input is what files hold, 0 to 255, in float32 or uint8; the network itself brings images
 * to its size.
 * <li>{@link Metric#FD_DINOV2}: the input is float32, images of 224x224 (bicubic, antialiased) with ImageNet's mean and
 * deviation taken out.
 * </ul>
 */
public final class OnnxNetwork implements FeatureNetwork {
    private static final int DINO_RESOLUTION = 224;
    private static final float[] IMAGENET_MEAN = {0.485f, 0.456f, 0.406f};
    private static final float[] IMAGENET_DEVIATION = {0.229f, 0.224f, 0.225f};

    private final Metric metric;
    private final Path path;
    private final OnnxGraph graph;
    private final OnnxPort input;

    private OnnxNetwork(Metric metric, Path path, OnnxGraph graph) throws FormatException {
        this.metric = metric;
        this.path = path;
        this.graph = graph;
        if (graph.inputs().size() != 1 || graph.outputs().size() != 1)
            throw broken("has the inputs " + names(graph.inputs()) + " and the outputs " + names(graph.outputs())
                    + "; a feature network has one of each");
        input = graph.inputs().getFirst();
        requireInput();
        OnnxPort output = graph.outputs().getFirst();
        if (!isOf(output, DType.F32) || output.dims().size() != 2)
            throw broken("has the output " + output + "; features are FLOAT [N, D]");
    }

    /**
     * @param metric {@link Metric#FID} or {@link Metric#FD_DINOV2}
     * @throws FormatException when the file is no ONNX network, or not one from such images to features
     */
    public static OnnxNetwork open(Metric metric, Path path) throws IOException {
        if (metric == Metric.FD_RANDOM)
            throw Problem.invalid("features", "fd_random has a network of its own; " + path + " cannot be it");
        OnnxGraph graph = OnnxGraph.open(path);
        try {
            return new OnnxNetwork(metric, path, graph);
        } catch (IOException | RuntimeException e) {
            graph.close();
            throw e;
        }
    }

    private void requireInput() throws FormatException {
        boolean bytes = isOf(input, DType.U8) && metric == Metric.FID;
        if (!bytes && !isOf(input, DType.F32)
                || input.dims().size() != 4
                || !input.accepts(1, 3)
                || !input.dims().get(2).equals(input.dims().get(3))
                || metric == Metric.FD_DINOV2 && !input.accepts(2, DINO_RESOLUTION))
            throw broken("has the input " + input + "; " + metric.word() + " takes "
                    + (metric == Metric.FID ? "FLOAT or UINT8 [N, 3, H, W]" : "FLOAT [N, 3, 224, 224]"));
        if (input.dims().getFirst() >= 0)
            throw broken("takes exactly " + input.dims().getFirst()
                    + " images at once; export it with a dynamic first axis");
    }

    private static boolean isOf(OnnxPort port, DType dtype) {
        return port.dtype().equals(Optional.of(dtype));
    }

    private static List<String> names(List<OnnxPort> ports) {
        return ports.stream().map(OnnxPort::name).toList();
    }

    @Override
    public Metric metric() {
        return metric;
    }

    @Override
    public float[][] features(Images images) {
        if (images.count() == 0) return new float[0][];
        boolean resized = metric == Metric.FD_DINOV2;
        int resolution = resized ? DINO_RESOLUTION : images.resolution();
        if (!input.accepts(2, resolution))
            throw Problem.invalid(
                    "features",
                    "%1$s takes images of %2$dx%2$d only, these are %3$dx%3$d; export it with its resizing inside"
                            .formatted(path, input.dims().get(2), resolution));
        Shape shape = Shape.of(images.count(), 3, resolution, resolution);
        TensorBuffer batch = isOf(input, DType.U8)
                ? TensorBuffer.of(shape, images.rgb())
                : TensorBuffer.of(shape, resized ? dino(images) : levels(images));
        try {
            Map<String, TensorBuffer> outputs = graph.run(Map.of(input.name(), batch));
            return rows(outputs.values().iterator().next(), images.count());
        } catch (OnnxException e) {
            throw Problem.invalid("features", path + " cannot be run on images of " + shape + ": " + e.getMessage());
        }
    }

    private float[][] rows(TensorBuffer output, int count) {
        List<Long> dims = output.shape().dims();
        if (dims.size() != 2 || dims.getFirst() != count || dims.getLast() < 1)
            throw Problem.invalid(
                    "features", path + " makes " + dims + " of " + count + " images; features are [N, D]");
        float[] values = output.floats();
        float[][] rows = new float[count][Math.toIntExact(dims.getLast())];
        for (int n = 0; n < count; n++) System.arraycopy(values, n * rows[n].length, rows[n], 0, rows[n].length);
        for (float value : values)
            if (!Float.isFinite(value)) throw Problem.invalid("features", path + " makes features that are not finite");
        return rows;
    }

    private static float[] levels(Images images) {
        float[] levels = new float[images.rgb().length];
        for (int i = 0; i < levels.length; i++) levels[i] = images.rgb()[i] & 0xff;
        return levels;
    }

    private static float[] dino(Images images) {
        int plane = images.resolution() * images.resolution();
        int resizedPlane = DINO_RESOLUTION * DINO_RESOLUTION;
        BicubicResize resize = new BicubicResize(images.resolution(), DINO_RESOLUTION);
        float[] levels = levels(images);
        float[] result = new float[images.count() * 3 * resizedPlane];
        for (int p = 0; p < images.count() * 3; p++) {
            resize.plane(levels, p * plane, result, p * resizedPlane);
            for (int i = p * resizedPlane; i < (p + 1) * resizedPlane; i++)
                result[i] = (result[i] / 255 - IMAGENET_MEAN[p % 3]) / IMAGENET_DEVIATION[p % 3];
        }
        return result;
    }

    private FormatException broken(String problem) {
        return new FormatException(path, problem);
    }

    @Override
    public void close() {
        graph.close();
    }
}
