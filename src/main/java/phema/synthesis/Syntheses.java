package phema.synthesis;

import java.io.IOException;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import phema.catalog.Run;
import phema.catalog.Snapshot;
import phema.format.Layout;
import phema.format.Tensor;
import phema.format.WeightFile;
import phema.format.WeightFiles;
import phema.problem.Problem;
import phema.profile.ProfileSpec;
import phema.solver.Fit;
import phema.tensor.DType;

/** Weights from fits: as files that are computed while they are sent, or written to a folder. */
public final class Syntheses {
    private final Engine engine;

    public Syntheses(Engine engine) {
        this.engine = engine;
    }

    /**
     * What to compute, and the name, without extension, of the file that it goes to.
     *
     * @param fit of all tensors that no layer claims
     * @param layers in order: the first whose pattern matches a tensor's name has it
     */
    public record Named(String baseName, Fit fit, List<LayerFit> layers) {
        public Named {
            layers = List.copyOf(layers);
        }

        public Named(String baseName, Fit fit) {
            this(baseName, fit, List.of());
        }

        /** That of the layers as well. */
        public List<Fit> fits() {
            return Stream.concat(Stream.of(fit), layers.stream().map(LayerFit::fit))
                    .toList();
        }

        /** The largest of its fits; NaN where one is unknown. */
        public double predictedRelativeError() {
            return fits().stream()
                    .mapToDouble(Fit::predictedRelativeError)
                    .max()
                    .orElseThrow();
        }

        private Coefficients coefficients() {
            return new Coefficients(
                    Syntheses.coefficients(fit),
                    layers.stream()
                            .map(layer -> new Coefficients.LayerCoefficients(
                                    layer.tensors(), Syntheses.coefficients(layer.fit())))
                            .toList());
        }
    }

    /** The files of one set of weights: one, or several shards and their index. */
    public List<Content> files(Run run, Named named, OutputOptions options) {
        Recipe recipe = recipe(run, List.of(named), options);
        Recipe.RecipeOutput output = recipe.outputs().getFirst();
        return output.files().stream()
                .<Content>map(file -> new Synthesized(recipe, output, file))
                .toList();
    }

    /**
     * One tensor, packed, without any header.
     *
     * @param tensor as it is in the template
     * @param content its elements, in {@code dtype}
     */
    public record SynthesizedTensor(Tensor tensor, DType dtype, Content content) {}

    /** One tensor of the weights; the name of their file does not matter. @throws Problem when they have no tensor of this name */
    public SynthesizedTensor tensor(Run run, Named named, String name, OutputOptions options) {
        WeightFile template = template(run, named.fit());
        int index = template.indexOf(name, 0);
        if (index < 0) throw Problem.unknown("name", "The weights of run " + run.name() + " hold no tensor " + name);
        Tensor tensor = template.tensors().get(index);
        Layout.TensorElements elements = rows(tensor, options);
        Layout layout = new Layout(name + ".bin", tensor.elements() == 0 ? List.of() : List.of(elements));
        Recipe.RecipeOutput output = new Recipe.RecipeOutput(template, named.coefficients(), List.of(layout));
        Recipe recipe = new Recipe(files(run), List.of(output));
        return new SynthesizedTensor(tensor, elements.dtype(), new Synthesized(recipe, output, layout));
    }

    /**
     * Weights in memory, for whoever computes with them in this process.
     *
     * @param template names and shapes of the tensors, and what is not combined
     * @param elements by name, in row-major order: the numbers that a file of the same options would hold
     */
    public record Loaded(WeightFile template, SequencedMap<String, float[]> elements) {}

    /**
     * Computes weights in one pass over the snapshots, without a file.
     *
     * @throws Problem when a snapshot changes meanwhile or holds values that are not finite, or a tensor is not of numbers with a fraction
     */
    public Loaded load(Run run, Named named, OutputOptions options) throws IOException {
        WeightFile template = template(run, named.fit());
        for (Tensor tensor : template.tensors())
            if (!tensor.dtype().isFloating())
                throw Problem.unprocessable(template.path() + ": tensor `" + tensor.name() + "` is " + tensor.dtype()
                        + ", and nothing computes with that");
        List<Layout.TensorElements> tensors =
                template.tensors().stream().map(t -> rows(t, options)).toList();
        Layout layout = new Layout(
                named.baseName(),
                List.copyOf(tensors.stream().filter(t -> t.bytes() > 0).toList()));
        Recipe.RecipeOutput output = new Recipe.RecipeOutput(template, named.coefficients(), List.of(layout));
        WideningChannel channel = new WideningChannel(tensors);
        engine.transfer(new Recipe(files(run), List.of(output)), output, layout, channel, 0, layout.size());
        return new Loaded(template, channel.elements());
    }

    private static Layout.TensorElements rows(Tensor tensor, OutputOptions options) {
        List<Integer> axes = IntStream.range(0, tensor.shape().rank()).boxed().toList();
        return new Layout.TensorElements(tensor, axes, options.dtype(tensor));
    }

    /** The weights of several fits, to be written in one pass over the snapshots. */
    public Pass pass(Run run, List<Named> fits, OutputOptions options) {
        return new Pass(recipe(run, fits, options));
    }

    /** Files to be written together. */
    public final class Pass {
        private final Recipe recipe;

        private Pass(Recipe recipe) {
            this.recipe = recipe;
        }

        /** Bytes of all files. */
        public long size() {
            return recipe.outputs().stream()
                    .flatMap(output -> output.files().stream())
                    .mapToLong(Layout::size)
                    .sum();
        }

        /**
         * Writes the files, which appear under their names when all are complete.
         *
         * @param folder created where it does not exist
         * @param overwrite whether existing files may be replaced
         * @param progress told of bytes written, as they are
         * @return the files of each fit, an index of shards last
         * @throws Problem when a file exists, the disk is full, a snapshot changes meanwhile or holds values that are not finite; nothing is left then
         */
        public List<List<Path>> write(Path folder, boolean overwrite, LongConsumer progress) throws IOException {
            engine.write(recipe, folder, overwrite, progress);
            return recipe.outputs().stream()
                    .map(output -> output.files().stream()
                            .map(file -> folder.resolve(file.fileName()))
                            .toList())
                    .toList();
        }
    }

    /** Makes a {@link #pass} and writes it. @return all files */
    public List<Path> write(
            Run run, List<Named> fits, OutputOptions options, Path folder, boolean overwrite, LongConsumer progress)
            throws IOException {
        return pass(run, fits, options).write(folder, overwrite, progress).stream()
                .flatMap(List::stream)
                .toList();
    }

    private static Recipe recipe(Run run, List<Named> fits, OutputOptions options) {
        List<Recipe.RecipeOutput> outputs = new ArrayList<>();
        for (Named named : fits) {
            WeightFile template = template(run, named.fit());
            try {
                List<Layout> files = WeightFiles.writer(options.format())
                        .layout(named.baseName(), template, options::dtype, metadata(named), options.shardSize());
                outputs.add(new Recipe.RecipeOutput(template, named.coefficients(), files));
            } catch (IllegalArgumentException e) {
                throw Problem.invalid("format", String.valueOf(e.getMessage()));
            }
        }
        return new Recipe(files(run), outputs);
    }

    private static List<WeightFile> files(Run run) {
        return run.snapshots().stream().map(Snapshot::file).toList();
    }

    private static float[] coefficients(Fit fit) {
        float[] coefficients = new float[fit.coefficients().size()];
        for (int j = 0; j < coefficients.length; j++)
            coefficients[j] = fit.coefficients().get(j).floatValue();
        return coefficients;
    }

    /** The newest snapshot that is not later than the target: whether it is combined or not, so that other targets of a pass do not matter. */
    private static WeightFile template(Run run, Fit fit) {
        return run.snapshots().stream()
                .filter(snapshot -> snapshot.time() <= fit.target().endTime())
                .reduce((older, newer) -> newer)
                .orElseThrow(
                        () -> Problem.unprocessable("run " + run.name() + " has no snapshot up to the target's time"))
                .file();
    }

    /** Where the weights come from, for whoever finds the file later. */
    private static Map<String, String> metadata(Named named) {
        Fit fit = named.fit();
        Map<String, String> metadata = new TreeMap<>();
        metadata.put("phema.profile", ProfileSpec.print(fit.target()));
        metadata.put(
                "phema.time", String.format(Locale.ROOT, "%.0f", fit.target().endTime()));
        metadata.put("phema.solver", fit.method().name().toLowerCase(Locale.ROOT));
        if (!named.layers().isEmpty())
            metadata.put(
                    "phema.layers",
                    named.layers().stream().map(LayerFit::toString).collect(Collectors.joining("; ")));
        double error = named.predictedRelativeError();
        if (!Double.isNaN(error))
            metadata.put("phema.predictedRelativeError", String.format(Locale.ROOT, "%.3g", error));
        return metadata;
    }

    /** A file of a recipe, computed when somebody wants its bytes. */
    private final class Synthesized implements Content {
        private final Recipe recipe;
        private final Recipe.RecipeOutput output;
        private final Layout file;
        private final String identity;

        Synthesized(Recipe recipe, Recipe.RecipeOutput output, Layout file) {
            this.recipe = recipe;
            this.output = output;
            this.file = file;
            this.identity = recipe.identity(output, file);
        }

        @Override
        public String fileName() {
            return file.fileName();
        }

        @Override
        public long size() {
            return file.size();
        }

        @Override
        public String identity() {
            return identity;
        }

        @Override
        public void transferTo(WritableByteChannel target, long offset, long length) throws IOException {
            engine.transfer(recipe, output, file, target, offset, length);
        }
    }
}
