package phema.edm2;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import phema.format.FormatException;
import phema.format.NetworkSetting;
import phema.format.NetworkSettings;
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
 * @param settings how its layers work together; what is not stated is as EDM2 has it
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
        NetworkSettings settings) {
    private static final int LOGVAR_CHANNELS = 128;
    private static final String BOX = NetworkSetting.RESAMPLE_FILTER.usual();

    /** The settings that ADM's layers have: its sums and concatenations are plain, and nothing is clipped. */
    private static final Set<NetworkSetting> OF_ADM = EnumSet.of(
            NetworkSetting.CHANNELS_PER_HEAD,
            NetworkSetting.RESAMPLE_FILTER,
            NetworkSetting.SIGMA_DATA,
            NetworkSetting.DROPOUT);

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
        requireSettings(architecture, settings);
        int halvings = widths.size() - 1;
        if (resolution < 1 || resolution % (1 << halvings) != 0)
            throw Problem.invalid(
                    "resolution",
                    "a resolution of " + resolution + " cannot be halved " + halvings + " times; use a multiple of "
                            + (1 << halvings) + " or fewer levels");
        int perHead = channelsPerHead(settings);
        for (int width : widths)
            if (width % heads(width, perHead) != 0)
                throw Problem.invalid(
                        "channels",
                        width + " channels do not divide into " + heads(width, perHead)
                                + " attention heads; use a multiple of " + perHead);
    }

    private static void requireSettings(Architecture architecture, NetworkSettings settings) {
        try {
            for (NetworkSetting setting : NetworkSetting.values()) if (setting.matters()) settings.require(setting);
        } catch (IllegalArgumentException e) {
            throw Problem.invalid("network", "the network " + e.getMessage());
        }
        if (!settings.get(NetworkSetting.RESAMPLE_FILTER).equals(BOX))
            throw Problem.invalid(
                    "network",
                    "the network states resample_filter " + settings.get(NetworkSetting.RESAMPLE_FILTER) + "; only "
                            + BOX + ", the box of two by two pixels, can be run here");
        if (architecture == Architecture.ADM)
            for (NetworkSetting setting : NetworkSetting.values())
                if (!OF_ADM.contains(setting) && !settings.get(setting).equals(setting.usual()))
                    throw Problem.invalid(
                            "network",
                            "the network states " + setting.key() + " " + settings.get(setting)
                                    + ", which means nothing to the layers that it has, those of ADM");
    }

    private static int channelsPerHead(NetworkSettings settings) {
        return (int) settings.number(NetworkSetting.CHANNELS_PER_HEAD);
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
                NetworkSettings.NONE);
    }

    /**
     * The network that a weight file belongs to, judged by the names and shapes of its tensors, with the settings that
     * the file states.
     *
     * @throws FormatException when it does not look like EDM2's network, or states what cannot be run
     */
    public static NetworkSpec of(WeightFile file) throws FormatException {
        try {
            NetworkSpec spec = read(file);
            StatedNetwork.requireRunnable(file, spec);
            return spec;
        } catch (Problem e) {
            throw new FormatException(file.path(), "cannot be run: " + e.getMessage());
        }
    }

    private static NetworkSpec read(WeightFile file) throws FormatException {
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
                .takeWhile(i -> file.tensor(encoder(resolution) + "block" + i + ".conv_res0.weight")
                        .isPresent())
                .count();
        if (blocks == 0) throw tensors.missing(encoder(resolution) + "block0.conv_res0.weight");
        List<Integer> widths = new ArrayList<>();
        for (int level : levels) widths.add(tensors.dim(encoder(level) + "block0.conv_res0.weight", 0));
        Architecture architecture =
                file.tensor(encoder(resolution) + "conv.bias").isPresent() ? Architecture.ADM : Architecture.EDM2;
        return new NetworkSpec(
                architecture,
                resolution,
                tensors.dim(encoder(resolution) + "conv.weight", 1) - architecture.constantChannels(),
                file.tensor("unet.emb_label.weight").isPresent() ? tensors.dim("unet.emb_label.weight", 1) : 0,
                tensors.dim("unet.emb_noise.weight", 1),
                tensors.dim("unet.emb_noise.weight", 0),
                widths,
                blocks,
                levels.stream()
                        .filter(level -> file.tensor(encoder(level) + "block0.attn_qkv.weight")
                                .isPresent())
                        .toList(),
                tensors.dim("logvar_linear.weight", 1),
                NetworkSettings.of(file.metadata()));
    }

    private static final Pattern BLOCK_NAME = Pattern.compile("unet\\.enc\\.(\\d{1,6})x\\1_.*");

    private static String encoder(int resolution) {
        return "unet.enc." + resolution + "x" + resolution + "_";
    }

    private record Tensors(WeightFile file) {
        int dim(String name, int axis) throws FormatException {
            Tensor tensor = file.tensor(name).orElseThrow(() -> missing(name));
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

    /** Values of the tensors that are not learned by name, as a network has them from its beginning. */
    public SequencedMap<String, float[]> buffers(RandomGenerator random) {
        SequencedMap<String, float[]> values = new LinkedHashMap<>();
        UNet.of(this).parameters().forEach((name, parameter) -> {
            if (parameter.role() != TensorRole.BUFFER) return;
            float[] constants = new float[Math.toIntExact(parameter.shape().elements())];
            parameter.fill(constants, random);
            values.put(name, constants);
        });
        return values;
    }

    /** The number of learned weights. */
    public long parameterCount() {
        return parameters().values().stream().mapToLong(Shape::elements).sum();
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

    /** Attention heads of a block: as many as there are full ones, but at least one. */
    int heads(int width) {
        return heads(width, channelsPerHead(settings));
    }

    private static int heads(int width, int perHead) {
        return Math.max(1, width / perHead);
    }

    double sigmaData() {
        return settings.number(NetworkSetting.SIGMA_DATA);
    }

    /** Values of one image. */
    public int pixels() {
        return channels * resolution * resolution;
    }

    /** What a weight file says about its network beside tensors, as EDM2's snapshots do. */
    Map<String, String> metadata() {
        Map<String, String> metadata =
                new TreeMap<>(settings().complete().only(this::has).metadata());
        metadata.put("img_resolution", String.valueOf(resolution));
        metadata.put("img_channels", String.valueOf(channels));
        metadata.put("label_dim", String.valueOf(classes));
        return metadata;
    }

    /** Which of these settings the layers have. */
    boolean has(NetworkSetting setting) {
        return architecture == Architecture.EDM2 || OF_ADM.contains(setting);
    }

    /** Text that training goes by to tell networks apart; of those with EDM2's settings it must stay what it is. */
    String identity() {
        return "NetworkSpec[architecture=" + architecture + ", resolution=" + resolution + ", channels=" + channels
                + ", classes=" + classes + ", noiseChannels=" + noiseChannels + ", embeddingChannels="
                + embeddingChannels + ", widths=" + widths + ", blocks=" + blocks + ", attention=" + attention
                + ", logvarChannels=" + logvarChannels + ", sigmaData=" + sigmaData() + "]"
                + settings.only(setting -> setting != NetworkSetting.SIGMA_DATA).unusual();
    }
}
