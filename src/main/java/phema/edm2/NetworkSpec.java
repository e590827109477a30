package phema.edm2;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import phema.format.FormatException;
import phema.format.Tensor;
import phema.format.Tensor.TensorRole;
import phema.format.WeightFile;
import phema.problem.Problem;
import phema.tensor.Shape;

/**
 * Says the sizes of an EDM2 network (arXiv 2312.02696, Fig. 21) or of its baseline.
 *
 * @param architecture what its layers are made of
 * @param resolution width and height of its images or latents
 * @param channels of its images or latents
 * @param classes number of labels, 0 for an unconditional network
 * @param noiseChannels Fourier features of the noise level
 * @param embeddingChannels length of the embedding of noise level and label
 * @param widths channels at each level, from the full resolution down; each level has half the resolution of the one
 *     before
 * @param blocks per level of the encoder; the decoder has one more
 * @param attention resolutions whose blocks have self-attention
 * @param logvarChannels Fourier features of the head that predicts the loss
 * @param sigmaData standard deviation of the data
 */
public record NetworkSpec(
        Architecture architecture,
        int resolution,
        int channels,
        int classes,
        int noiseChannels,
        int embeddingChannels,
        List<Integer> widths,
        int blocks,
        List<Integer> attention,
        int logvarChannels,
        double sigmaData) {
    private static final int LOGVAR_CHANNELS = 128;
    private static final double SIGMA_DATA = 0.5;
    private static final int CHANNELS_PER_HEAD = 64;

    /** @throws Problem when there is no such network */
    public NetworkSpec {
        widths = List.copyOf(widths);
        int lowest = resolution >> Math.max(0, widths.size() - 1);
        attention =
                attention.stream().filter(r -> r <= resolution && r >= lowest).toList();
        if (widths.isEmpty() || widths.stream().anyMatch(w -> w < 1))
            throw Problem.invalid("channelMult", "channel counts must be at least 1 at every level, not " + widths);
        if (channels < 1 || classes < 0 || noiseChannels < 1 || embeddingChannels < 1 || blocks < 1)
            throw Problem.invalid("channels", "a network needs at least one channel and one block per level");
        int halvings = widths.size() - 1;
        if (resolution < 1 || resolution % (1 << halvings) != 0)
            throw Problem.invalid(
                    "resolution",
                    "a resolution of " + resolution + " cannot be halved " + halvings + " times; use a multiple of "
                            + (1 << halvings) + " or fewer levels");
        for (int width : widths)
            if (width % heads(width) != 0)
                throw Problem.invalid(
                        "channels",
                        width + " channels do not divide into " + heads(width) + " attention heads; use a multiple of "
                                + CHANNELS_PER_HEAD);
    }

    /** EDM2's network of these sizes. */
    public static NetworkSpec of(
            int resolution, int channels, int classes, int modelChannels, List<Integer> multipliers, int blocks) {
        return of(Architecture.EDM2, resolution, channels, classes, modelChannels, multipliers, blocks);
    }

    /**
     * A network whose widths are multiples of one number, with attention at resolutions 16 and 8.
     *
     * @param multipliers of {@code modelChannels}, one per level
     */
    public static NetworkSpec of(
            Architecture architecture,
            int resolution,
            int channels,
            int classes,
            int modelChannels,
            List<Integer> multipliers,
            int blocks) {
        List<Integer> widths = multipliers.stream().map(m -> m * modelChannels).toList();
        return new NetworkSpec(
                architecture,
                resolution,
                channels,
                classes,
                modelChannels,
                widths.stream().max(Integer::compare).orElse(1),
                widths,
                blocks,
                List.of(16, 8),
                LOGVAR_CHANNELS,
                SIGMA_DATA);
    }

    /**
     * The network that a weight file belongs to, judged by the names and shapes of its tensors.
     *
     * @throws FormatException when it does not look like EDM2's network
     */
    public static NetworkSpec of(WeightFile file) throws FormatException {
        Tensors tensors = new Tensors(file);
        SortedSet<Integer> resolutions = new TreeSet<>();
        for (Tensor tensor : file.tensors()) {
            var name = BLOCK_NAME.matcher(tensor.name());
            if (name.matches()) resolutions.add(Integer.parseInt(name.group(1)));
        }
        if (resolutions.isEmpty()) throw tensors.missing("unet.enc.64x64_conv.weight");
        int resolution = resolutions.last();
        List<Integer> levels = List.copyOf(resolutions.reversed());
        int blocks = (int) IntStream.iterate(0, i -> i + 1)
                .takeWhile(i -> tensors.find(encoder(resolution) + "block" + i + ".conv_res0.weight")
                        .isPresent())
                .count();
        if (blocks == 0) throw tensors.missing(encoder(resolution) + "block0.conv_res0.weight");
        List<Integer> widths = new ArrayList<>();
        for (int level : levels) widths.add(tensors.dim(encoder(level) + "block0.conv_res0.weight", 0));
        Architecture architecture =
                tensors.find(encoder(resolution) + "conv.bias").isPresent() ? Architecture.ADM : Architecture.EDM2;
        return new NetworkSpec(
                architecture,
                resolution,
                tensors.dim(encoder(resolution) + "conv.weight", 1) - architecture.constantChannels(),
                tensors.find("unet.emb_label.weight").isPresent() ? tensors.dim("unet.emb_label.weight", 1) : 0,
                tensors.dim("unet.emb_noise.weight", 1),
                tensors.dim("unet.emb_noise.weight", 0),
                widths,
                blocks,
                levels.stream()
                        .filter(level -> tensors.find(encoder(level) + "block0.attn_qkv.weight")
                                .isPresent())
                        .toList(),
                tensors.dim("logvar_linear.weight", 1),
                sigmaData(file));
    }

    private static final Pattern BLOCK_NAME = Pattern.compile("unet\\.enc\\.(\\d{1,6})x\\1_.*");

    private static String encoder(int resolution) {
        return "unet.enc." + resolution + "x" + resolution + "_";
    }

    private static double sigmaData(WeightFile file) throws FormatException {
        String stated = file.metadata().get("sigma_data");
        if (stated == null) return SIGMA_DATA;
        try {
            return Double.parseDouble(stated);
        } catch (NumberFormatException e) {
            throw new FormatException(file.path(), "states the sigma_data " + stated + ", which is not a number");
        }
    }

    private record Tensors(WeightFile file) {
        Optional<Tensor> find(String name) {
            int index = file.indexOf(name, 0);
            return index < 0 ? Optional.empty() : Optional.of(file.tensors().get(index));
        }

        int dim(String name, int axis) throws FormatException {
            Tensor tensor = find(name).orElse(null);
            if (tensor == null) throw missing(name);
            if (axis >= tensor.shape().rank())
                throw new FormatException(file.path(), "tensor `" + name + "` has the shape " + tensor.shape());
            return Math.toIntExact(tensor.shape().dims().get(axis));
        }

        FormatException missing(String name) {
            return new FormatException(
                    file.path(), "is not an EDM2 network that can be run: it has no tensor `" + name + "`");
        }
    }

    /** Shapes of the learned tensors by name, as files have them. */
    public SequencedMap<String, Shape> parameters() {
        SequencedMap<String, Shape> shapes = new LinkedHashMap<>();
        UNet.of(this).parameters().forEach((name, parameter) -> {
            if (parameter.role() == TensorRole.PARAMETER) shapes.put(name, parameter.shape());
        });
        return shapes;
    }

    /** Channels of the first convolution's input. */
    int inputChannels() {
        return channels + architecture.constantChannels();
    }

    int levels() {
        return widths.size();
    }

    int resolution(int level) {
        return resolution >> level;
    }

    boolean attendsAt(int level) {
        return attention.contains(resolution(level));
    }

    /** Attention heads of a block, 64 channels each (fewer where there are fewer than 64). */
    static int heads(int width) {
        return Math.max(1, width / CHANNELS_PER_HEAD);
    }

    /** Values of one image. */
    public int pixels() {
        return channels * resolution * resolution;
    }

    /** What a weight file says about its network beside tensors, as EDM2's snapshots do. */
    Map<String, String> metadata() {
        return Map.of(
                "img_resolution",
                String.valueOf(resolution),
                "img_channels",
                String.valueOf(channels),
                "label_dim",
                String.valueOf(classes),
                "sigma_data",
                String.valueOf(sigmaData));
    }
}
