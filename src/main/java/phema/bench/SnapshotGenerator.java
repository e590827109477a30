package phema.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.function.LongConsumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import phema.edm2.NetworkSpec;
import phema.format.DcpGenerator;
import phema.format.DcpGenerator.Cut;
import phema.format.Edm2PickleGenerator;
import phema.format.Edm2PickleGenerator.Node;
import phema.format.Edm2PickleGenerator.StoredTensor;
import phema.format.Format;
import phema.format.Layout;
import phema.format.Tensor;
import phema.format.WeightFile;
import phema.format.WeightFiles;
import phema.tensor.DType;
import phema.tensor.Shape;

/**
 * Writes runs that look like EDM2's: power-function averages of two lengths at equally spaced times, the tensors of its
 * U-Net, weights that walk at random; also as checkpoints of clusters, with a manifest that says what they are. The
 * same arguments give the same bytes.
 *
 * <p>A file is written around its weights first. Then some weights at a time walk through all times, and what they are
 * then is put into all files.
 */
public final class SnapshotGenerator {
    private static final double[] SIGMA_RELS = {0.050, 0.100};
    private static final long NIMG_PER_SNAPSHOT = 8 << 20;

    /** The weights that walk together: their averages stay in a processor's cache. */
    private static final int BLOCK = 1 << 16;

    /** The numbers of channels that divide into attention heads. */
    private static final List<Integer> WIDTHS =
            List.of(8, 16, 32, 48, 64, 128, 192, 256, 320, 384, 448, 512, 576, 640, 704, 768, 832, 896, 960, 1024);

    /** The source text, about as long as EDM2's modules carry. */
    private static final String SOURCE = "# stand-in for the source of a network\n".repeat(700);

    private final Format format;
    private final @Nullable NetworkSpec network;
    private final Map<String, Shape> tensors;
    private final int ranks;
    private final Cut cut;

    /** @param network whose tensors they are; none of equal tensors */
    private SnapshotGenerator(
            Format format, @Nullable NetworkSpec network, Map<String, Shape> tensors, int ranks, Cut cut) {
        this.format = format;
        this.network = network;
        this.tensors = tensors;
        this.ranks = ranks;
        this.cut = cut;
    }

    /** The same of so many ranks, where the format knows them. */
    public SnapshotGenerator ofRanks(int number, Cut along) {
        return new SnapshotGenerator(format, network, tensors, number, along);
    }

    /** Files with the tensors of EDM2's U-Net, of about the given size. */
    public static SnapshotGenerator network(Format format, long bytes) {
        NetworkSpec nearest = unet(WIDTHS.getFirst(), 1);
        for (int channels : WIDTHS) {
            for (int blocks = 1; blocks <= 5; blocks++) {
                NetworkSpec candidate = unet(channels, blocks);
                if (Math.abs(2 * candidate.parameterCount() - bytes) < Math.abs(2 * nearest.parameterCount() - bytes))
                    nearest = candidate;
            }
        }
        return new SnapshotGenerator(format, nearest, nearest.parameters(), 1, Cut.ROWS);
    }

    /** Files with equal one-dimensional tensors. */
    public static SnapshotGenerator uniform(Format format, int tensors, long bytes) {
        Map<String, Shape> shapes = new LinkedHashMap<>();
        for (int i = 0; i < tensors; i++) shapes.put("t%05d.weight".formatted(i), Shape.of(bytes / tensors / 2));
        return new SnapshotGenerator(format, null, shapes, 1, Cut.ROWS);
    }

    /**
     * @param progress told of bytes as they are written
     * @return bytes written
     */
    public long write(Path folder, int files, LongConsumer progress) throws IOException {
        Files.createDirectories(folder);
        List<Path> paths = new ArrayList<>();
        List<WeightsPlace> places = List.of();
        long total = 0;
        for (int i = 0; i < files; i++) {
            long nimg = (i / SIGMA_RELS.length + 1) * NIMG_PER_SNAPSHOT;
            double sigmaRel = SIGMA_RELS[i % SIGMA_RELS.length];
            Path path = folder.resolve(
                    format == Format.DCP
                            ? String.format(Locale.ROOT, "network-snapshot-%d-%.3f", nimg, sigmaRel)
                            : String.format(
                                    Locale.ROOT,
                                    "network-snapshot-%07d-%.3f.%s",
                                    nimg / 1000,
                                    sigmaRel,
                                    format.extension()));
            places = switch (format) { // the same in each
                case DCP -> writeCheckpoint(path);
                case EDM2_PICKLE -> writePickle(path);
                case SAFETENSORS, TORCH_ZIP -> writeSafetensors(path);
            };
            paths.add(path);
            try (Stream<Path> written = Files.walk(path)) {
                for (Path file : written.filter(Files::isRegularFile).toList()) total += Files.size(file);
            }
        }
        if (format == Format.DCP)
            Files.writeString(folder.resolve("phema.yaml"), "files: 'network-snapshot-{time}-{sigmaRel}/.metadata'\n");
        walk(paths, places, progress);
        return total;
    }

    private List<WeightsPlace> writeCheckpoint(Path folder) throws IOException {
        Files.createDirectories(folder);
        List<WeightsPlace> places = new ArrayList<>();
        for (Layout layout : DcpGenerator.layout(template(), ranks, cut))
            places.addAll(write(layout, folder.resolve(layout.fileName()), layout.fileName()));
        return places;
    }

    private List<WeightsPlace> writeSafetensors(Path path) throws IOException {
        WeightFile template = new WeightFile(Path.of("generated"), format, List.of(), Map.of(), template());
        Layout layout = WeightFiles.writer(format)
                .layout("generated", template, Tensor::dtype, Map.of(), Long.MAX_VALUE)
                .getFirst();
        return write(layout, path, "");
    }

    private static List<WeightsPlace> write(Layout layout, Path path, String part) throws IOException {
        List<WeightsPlace> places = new ArrayList<>();
        try (HollowOutput out = new HollowOutput(path)) {
            for (Layout.Segment segment : layout.segments()) {
                if (segment instanceof Layout.Literal literal) out.write(literal.content());
                else
                    places.add(new WeightsPlace(part, out.leave(segment.bytes()), segment.bytes() / DType.F16.bytes()));
            }
        }
        return places;
    }

    private List<WeightsPlace> writePickle(Path path) throws IOException {
        Node root = node("Precond", network == null ? Map.of() : stated(network));
        tensors.forEach((name, shape) ->
                module(root, name).parameters().put(last(name), StoredTensor.packed(DType.F16, shape)));
        Map<StoredTensor, float[]> constants = new IdentityHashMap<>();
        if (network != null)
            network.buffers(new Random(1)).forEach((name, values) -> {
                StoredTensor buffer = StoredTensor.packed(DType.F32, Shape.of(values.length));
                module(root, name).buffers().put(last(name), buffer);
                constants.put(buffer, values);
            });
        try (HollowOutput out = new HollowOutput(path)) {
            Edm2PickleGenerator.write(
                    root,
                    SOURCE,
                    (tensor, to) -> {
                        float[] values = constants.get(tensor);
                        long bytes = tensor.storageElements() * tensor.dtype().bytes();
                        if (values != null) to.write(littleEndian(values));
                        else if (to instanceof HollowOutput hollow) hollow.leave(bytes);
                        else to.write(new byte[(int) bytes]); // a small one, within a frame
                    },
                    out);
        }
        return WeightFiles.read(path).tensors().stream()
                .filter(tensor -> tensor.role() == Tensor.TensorRole.PARAMETER)
                .map(tensor -> new WeightsPlace("", tensor.offset(), tensor.elements()))
                .toList();
    }

    private static Map<String, Object> stated(NetworkSpec spec) {
        return Map.of(
                "img_resolution", spec.resolution(), "img_channels", spec.channels(), "label_dim", spec.classes());
    }

    private static Node node(String type, Map<String, Object> attributes) {
        return new Node(type, attributes, new LinkedHashMap<>(), new LinkedHashMap<>(), new LinkedHashMap<>());
    }

    /** Where a tensor of this name stands. EDM2 names its modules by what they are. */
    private static Node module(Node network, String name) {
        Node module = network;
        List<String> path = List.of(name.split("\\."));
        for (String child : path.subList(0, path.size() - 1))
            module = module.modules().computeIfAbsent(child, c -> node(type(c), Map.of()));
        return module;
    }

    private static String type(String module) {
        if (module.equals("enc") || module.equals("dec")) return "ModuleDict";
        if (module.equals("unet")) return "UNet";
        if (module.endsWith("_fourier")) return "MPFourier";
        return module.matches("\\d+x\\d+_(?!conv$).*") ? "Block" : "MPConv";
    }

    private static String last(String name) {
        return name.substring(name.lastIndexOf('.') + 1);
    }

    private static byte[] littleEndian(float[] values) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        return bytes.array();
    }

    private List<Tensor> template() {
        return tensors.entrySet().stream()
                .map(e -> new Tensor(
                        e.getKey(),
                        DType.F16,
                        e.getValue(),
                        e.getValue().contiguousStrides(),
                        0,
                        0,
                        Tensor.TensorRole.PARAMETER))
                .toList();
    }

    /**
     * Weights of every file, for which room was left.
     *
     * @param part of a checkpoint that is a folder; empty for a file
     */
    private record WeightsPlace(String part, long position, long elements) {}

    /** Some of them, and what their walk begins with. */
    private record WeightsBlock(WeightsPlace place, long first, int count, long seed) {}

    private static void walk(List<Path> paths, List<WeightsPlace> places, LongConsumer progress) throws IOException {
        double[] times = new double[Math.ceilDiv(paths.size(), SIGMA_RELS.length)];
        for (int k = 0; k < times.length; k++) times[k] = (k + 1) * (double) NIMG_PER_SNAPSHOT;
        SimulatedAverages averages = new SimulatedAverages(SIGMA_RELS, times);
        List<WeightsBlock> blocks = new ArrayList<>();
        for (WeightsPlace place : places)
            for (long first = 0; first < place.elements; first += BLOCK)
                blocks.add(new WeightsBlock(
                        place, first, (int) Math.min(BLOCK, place.elements - first), (long) blocks.size() << 32));
        try {
            blocks.parallelStream().forEach(block -> {
                fill(paths, block, averages);
                synchronized (progress) {
                    progress.accept((long) block.count * DType.F16.bytes() * paths.size());
                }
            });
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private static void fill(List<Path> paths, WeightsBlock block, SimulatedAverages averages) {
        SimulatedAverages.Walk walk = averages.new Walk(block.count, block.seed);
        ByteBuffer bytes =
                ByteBuffer.allocateDirect(block.count * DType.F16.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < paths.size(); i++) {
            int length = i % SIGMA_RELS.length;
            if (length == 0) walk.advance();
            bytes.clear();
            for (float value : walk.average(length)) bytes.putShort(Float.floatToFloat16(value));
            bytes.flip();
            long position = block.place.position + block.first * DType.F16.bytes();
            try (FileChannel file =
                    FileChannel.open(paths.get(i).resolve(block.place.part), StandardOpenOption.WRITE)) {
                while (bytes.hasRemaining()) file.write(bytes, position + bytes.position());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** EDM2's network for 64x64x4 latents and 1000 classes; 128 channels and 3 blocks make its size XS. */
    private static NetworkSpec unet(int channels, int blocks) {
        return NetworkSpec.of(64, 4, 1000, channels, List.of(1, 2, 3, 4), blocks);
    }
}
