package phema.bench;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.LongConsumer;
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
 * Writes runs that look like EDM2's: two EMA lengths at equally spaced times, the tensors of its U-Net, weights that
 * move along a smooth path; also as checkpoints of clusters, with a manifest that says what they are. The same
 * arguments give the same bytes.
 */
public final class SnapshotGenerator {
    private static final double[] SIGMA_RELS = {0.050, 0.100};
    private static final long NIMG_PER_SNAPSHOT = 8 << 20;

    /** The numbers of channels that divide into attention heads. */
    private static final List<Integer> WIDTHS =
            List.of(8, 16, 32, 48, 64, 128, 192, 256, 320, 384, 448, 512, 576, 640, 704, 768, 832, 896, 960, 1024);

    /** The source text, about as long as EDM2's modules carry. */
    private static final String SOURCE = "# stand-in for the source of a network\n".repeat(700);

    private final Format format;
    private final Map<String, Shape> tensors;
    private final int ranks;
    private final Cut cut;

    private SnapshotGenerator(Format format, Map<String, Shape> tensors, int ranks, Cut cut) {
        this.format = format;
        this.tensors = tensors;
        this.ranks = ranks;
        this.cut = cut;
    }

    /** The same of so many ranks, where the format knows them. */
    public SnapshotGenerator ofRanks(int number, Cut along) {
        return new SnapshotGenerator(format, tensors, number, along);
    }

    /** Files with the tensors of EDM2's U-Net, of about the given size. */
    public static SnapshotGenerator network(Format format, long bytes) {
        Map<String, Shape> nearest = unet(WIDTHS.getFirst(), 1);
        for (int channels : WIDTHS) {
            for (int blocks = 1; blocks <= 5; blocks++) {
                Map<String, Shape> candidate = unet(channels, blocks);
                if (Math.abs(2 * elements(candidate) - bytes) < Math.abs(2 * elements(nearest) - bytes))
                    nearest = candidate;
            }
        }
        return new SnapshotGenerator(format, nearest, 1, Cut.ROWS);
    }

    /** Files with equal one-dimensional tensors. */
    public static SnapshotGenerator uniform(Format format, int tensors, long bytes) {
        Map<String, Shape> shapes = new LinkedHashMap<>();
        for (int i = 0; i < tensors; i++) shapes.put("t%05d.weight".formatted(i), Shape.of(bytes / tensors / 2));
        return new SnapshotGenerator(format, shapes, 1, Cut.ROWS);
    }

    /**
     * @param progress told of bytes as they are written
     * @return bytes written
     */
    public long write(Path folder, int files, LongConsumer progress) throws IOException {
        Files.createDirectories(folder);
        long total = 0;
        for (int i = 0; i < files; i++) {
            long nimg = (i / SIGMA_RELS.length + 1) * NIMG_PER_SNAPSHOT;
            double sigmaRel = SIGMA_RELS[i % SIGMA_RELS.length];
            // A longer average lags behind.
            double angle = 0.1 * (nimg * (1 - 2 * sigmaRel) / NIMG_PER_SNAPSHOT);
            if (format == Format.DCP) {
                long written = writeCheckpoint(
                        angle, folder.resolve(String.format(Locale.ROOT, "network-snapshot-%d-%.3f", nimg, sigmaRel)));
                total += written;
                progress.accept(written);
                continue;
            }
            Path path = folder.resolve(String.format(
                    Locale.ROOT, "network-snapshot-%07d-%.3f.%s", nimg / 1000, sigmaRel, format.extension()));
            try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(path), 1 << 20)) {
                if (format == Format.EDM2_PICKLE) writePickle(angle, out);
                else writeSafetensors(angle, out);
            }
            total += Files.size(path);
            progress.accept(Files.size(path));
        }
        if (format == Format.DCP)
            Files.writeString(folder.resolve("phema.yaml"), "files: 'network-snapshot-{time}-{sigmaRel}/.metadata'\n");
        return total;
    }

    private long writeCheckpoint(double angle, Path folder) throws IOException {
        Files.createDirectories(folder);
        Elements elements = new Elements(angle);
        long total = 0;
        for (Layout layout : DcpGenerator.layout(template(), ranks, cut)) {
            try (OutputStream out =
                    new BufferedOutputStream(Files.newOutputStream(folder.resolve(layout.fileName())), 1 << 20)) {
                write(layout, elements, out);
            }
            total += layout.size();
        }
        return total;
    }

    private static void write(Layout layout, Elements elements, OutputStream out) throws IOException {
        for (Layout.Segment segment : layout.segments()) {
            if (segment instanceof Layout.Literal literal) out.write(literal.content());
            else elements.write(segment.bytes() / DType.F16.bytes(), out);
        }
    }

    private void writePickle(double angle, OutputStream out) throws IOException {
        Node network =
                new Node("Precond", new LinkedHashMap<>(), new LinkedHashMap<>(), Map.of(), new LinkedHashMap<>());
        tensors.forEach((name, shape) -> {
            Node module = network;
            List<String> path = List.of(name.split("\\."));
            for (String child : path.subList(0, path.size() - 1)) {
                String type = child.equals("enc") || child.equals("dec") ? "ModuleDict" : "MPModule";
                module = module.modules()
                        .computeIfAbsent(
                                child,
                                c -> new Node(type, Map.of(), new LinkedHashMap<>(), Map.of(), new LinkedHashMap<>()));
            }
            module.parameters().put(path.getLast(), StoredTensor.packed(DType.F16, shape));
        });
        Elements elements = new Elements(angle);
        Edm2PickleGenerator.write(network, SOURCE, (tensor, to) -> elements.write(tensor.storageElements(), to), out);
    }

    private void writeSafetensors(double angle, OutputStream out) throws IOException {
        WeightFile template = new WeightFile(Path.of("generated"), format, List.of(), Map.of(), template());
        Layout layout = WeightFiles.writer(format)
                .layout("generated", template, Tensor::dtype, Map.of(), Long.MAX_VALUE)
                .getFirst();
        write(layout, new Elements(angle), out);
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

    /** Points of a plane that every weight has of its own, seen from a direction that turns with training time. */
    private static final class Elements {
        private static final int BLOCK = 1 << 14;

        private final float cosine;
        private final float sine;
        private final byte[] bytes = new byte[2 * BLOCK];
        private long seed = 1;

        Elements(double angle) {
            cosine = (float) Math.cos(angle);
            sine = (float) Math.sin(angle);
        }

        void write(long count, OutputStream out) throws IOException {
            for (long done = 0; done < count; done += BLOCK) {
                int n = (int) Math.min(BLOCK, count - done);
                for (int i = 0; i < n; i++) {
                    seed = seed * 6364136223846793005L + 1442695040888963407L;
                    float x = (int) (seed >> 32) * 0x1p-31f;
                    float y = (int) (seed >> 8) * 0x1p-31f;
                    short half = Float.floatToFloat16(cosine * x + sine * y);
                    bytes[2 * i] = (byte) half;
                    bytes[2 * i + 1] = (byte) (half >> 8);
                }
                out.write(bytes, 0, 2 * n);
            }
        }
    }

    private static long elements(Map<String, Shape> tensors) {
        return tensors.values().stream().mapToLong(Shape::elements).sum();
    }

    /** EDM2's network for 64x64x4 latents and 1000 classes; 128 channels and 3 blocks make its size XS. */
    private static Map<String, Shape> unet(int channels, int blocks) {
        return NetworkSpec.of(64, 4, 1000, channels, List.of(1, 2, 3, 4), blocks)
                .parameters();
    }
}
