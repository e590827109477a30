package phema.metrics;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Collectors;
import phema.format.FormatException;
import phema.problem.Problem;
import phema.storage.Locations;
import phema.tensor.Shape;

/**
 * A feature network in a file of the user's, run by ONNX Runtime: one input [N, 3, H, W], one output [N, D].
 *
 * <ul>
 *   <li>{@link Metric#FID}: the input is what files hold, 0 to 255, in float32 or uint8; the network itself brings images to its size.
 *   <li>{@link Metric#FD_DINOV2}: the input is float32, images of 224x224 (bicubic, antialiased) with ImageNet's mean and deviation taken out.
 * </ul>
 */
public final class OnnxNetwork implements FeatureNetwork {
    private static final int DINO_RESOLUTION = 224;
    private static final float[] IMAGENET_MEAN = {0.485f, 0.456f, 0.406f};
    private static final float[] IMAGENET_DEVIATION = {0.229f, 0.224f, 0.225f};

    private final Metric metric;
    private final Path path;
    private final OrtEnvironment environment;
    private final OrtSession session;
    private final String input;
    private final TensorInfo inputInfo;

    private OnnxNetwork(Metric metric, Path path, OrtEnvironment environment, OrtSession session)
            throws IOException, OrtException {
        this.metric = metric;
        this.path = path;
        this.environment = environment;
        this.session = session;
        if (session.getInputInfo().size() != 1 || session.getOutputInfo().size() != 1)
            throw broken("has the inputs " + session.getInputNames() + " and the outputs " + session.getOutputNames()
                    + "; a feature network has one of each");
        input = session.getInputNames().iterator().next();
        inputInfo = tensor(session.getInputInfo());
        requireInput();
        TensorInfo output = tensor(session.getOutputInfo());
        if (output.type != OnnxJavaType.FLOAT || output.getShape().length != 2)
            throw broken("has the output " + shown(output) + "; features are FLOAT [N, D]");
    }

    /**
     * @param metric {@link Metric#FID} or {@link Metric#FD_DINOV2}
     * @throws FormatException when the file is no ONNX network, or not one from such images to features
     */
    public static OnnxNetwork open(Metric metric, Path path) throws IOException {
        if (metric == Metric.FD_RANDOM)
            throw Problem.invalid("features", "fd_random has a network of its own; " + path + " cannot be it");
        if (!Files.exists(path)) throw new NoSuchFileException(path.toString());
        OrtEnvironment environment = OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            OrtSession session = session(environment, path, options);
            try {
                return new OnnxNetwork(metric, path, environment, session);
            } catch (IOException | OrtException | RuntimeException e) {
                session.close();
                throw e;
            }
        } catch (OrtException e) {
            throw new FormatException(path, "is not an ONNX network that can be run: " + line(e));
        }
    }

    /** The runtime, which is not Java, reads only files of this machine. */
    private static OrtSession session(OrtEnvironment environment, Path path, OrtSession.SessionOptions options)
            throws IOException, OrtException {
        if (Locations.isLocal(path)) return environment.createSession(path.toString(), options);
        Path copy = Files.createTempFile("phema-", ".onnx");
        try {
            Files.copy(path, copy, StandardCopyOption.REPLACE_EXISTING);
            return environment.createSession(copy.toString(), options);
        } finally {
            Files.delete(copy);
        }
    }

    private void requireInput() throws FormatException {
        long[] shape = inputInfo.getShape();
        boolean bytes = inputInfo.type == OnnxJavaType.UINT8 && metric == Metric.FID;
        if (!bytes && inputInfo.type != OnnxJavaType.FLOAT
                || shape.length != 4
                || !accepts(shape[1], 3)
                || shape[2] != shape[3]
                || metric == Metric.FD_DINOV2 && !accepts(shape[2], DINO_RESOLUTION))
            throw broken("has the input " + shown(inputInfo) + "; " + metric.word() + " takes "
                    + (metric == Metric.FID ? "FLOAT or UINT8 [N, 3, H, W]" : "FLOAT [N, 3, 224, 224]"));
        if (shape[0] >= 0)
            throw broken("takes exactly " + shape[0] + " images at once; export it with a dynamic first axis");
    }

    private static boolean accepts(long dimension, long size) {
        return dimension < 0 || dimension == size;
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
        if (!accepts(inputInfo.getShape()[2], resolution))
            throw Problem.invalid(
                    "features",
                    "%1$s takes images of %2$dx%2$d only, these are %3$dx%3$d; export it with its resizing inside"
                            .formatted(path, inputInfo.getShape()[2], resolution));
        long[] shape = {images.count(), 3, resolution, resolution};
        try (OnnxTensor tensor = inputInfo.type == OnnxJavaType.UINT8
                        ? OnnxTensor.createTensor(environment, direct(images.rgb()), shape, OnnxJavaType.UINT8)
                        : OnnxTensor.createTensor(
                                environment, FloatBuffer.wrap(resized ? dino(images) : levels(images)), shape);
                OrtSession.Result result = session.run(Map.of(input, tensor))) {
            return rows((OnnxTensor) result.get(0), images.count());
        } catch (OrtException e) {
            throw Problem.invalid("features", path + " cannot be run on images of " + Shape.of(shape) + ": " + line(e));
        }
    }

    private float[][] rows(OnnxTensor output, int count) {
        long[] shape = output.getInfo().getShape();
        if (shape.length != 2 || shape[0] != count || shape[1] < 1)
            throw Problem.invalid(
                    "features",
                    path + " makes " + Arrays.toString(shape) + " of " + count + " images; features are [N, D]");
        FloatBuffer values = output.getFloatBuffer();
        float[][] rows = new float[count][(int) shape[1]];
        for (float[] row : rows) {
            values.get(row);
            for (float value : row)
                if (!Float.isFinite(value))
                    throw Problem.invalid("features", path + " makes features that are not finite");
        }
        return rows;
    }

    private static ByteBuffer direct(byte[] bytes) {
        return ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
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

    private TensorInfo tensor(Map<String, NodeInfo> nodes) throws FormatException {
        NodeInfo node = nodes.values().iterator().next();
        if (node.getInfo() instanceof TensorInfo info) return info;
        throw broken("has `" + node.getName() + "`, which is no tensor");
    }

    private static String shown(TensorInfo info) {
        return info.type + " "
                + Arrays.stream(info.getShape())
                        .mapToObj(d -> d < 0 ? "any" : String.valueOf(d))
                        .collect(Collectors.joining(", ", "[", "]"));
    }

    private FormatException broken(String problem) {
        return new FormatException(path, problem);
    }

    private static String line(OrtException e) {
        return String.valueOf(e.getMessage()).replaceAll("\\s+", " ");
    }

    @Override
    public void close() {
        try {
            session.close();
        } catch (OrtException e) {
            throw new IllegalStateException(e);
        }
    }
}
