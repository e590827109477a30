package phema.synthesis;

import java.io.IOException;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import phema.catalog.Run;
import phema.catalog.Snapshot;
import phema.format.Format;
import phema.format.FormatException;
import phema.format.Layout;
import phema.format.SharedElements;
import phema.format.Tensor;
import phema.format.WeightFile;
import phema.format.WeightFiles;
import phema.problem.Problem;
import phema.profile.Profile;
import phema.solver.Fit;
import phema.tensor.DType;

/** Computes prepared weights: as files that are computed while they are sent, or written to a folder. */
public final class Syntheses {
    private final Engine engine;
    private final LikeInputs likeInputs;
    private final ZipContent.Checksums checksums = new ZipContent.Checksums();

    public Syntheses(Engine engine) {
        this.engine = engine;
        likeInputs = new LikeInputs(engine.mayRead());
    }

    /** The files of each target: one, several shards and their index, or those of a folder. */
    public List<Content> files(PreparedWeights weights) {
        Recipe recipe = recipe(weights);
        return recipe.outputs().stream()
                .flatMap(output -> output.files().stream().<Content>map(file -> new Synthesized(recipe, output, file)))
                .toList();
    }

    /** What the only target is as one: its file, or a zip archive where it is several. */
    public Content whole(PreparedWeights weights) {
        List<Content> files = files(weights);
        return files.size() == 1
                ? files.getFirst()
                : new ZipContent(weights.target().baseName() + ".zip", files, checksums);
    }

    /**
     * One tensor, packed, without any header.
     *
     * @param tensor as it is in the template
     * @param content its elements, in {@code dtype}
     */
    public record SynthesizedTensor(Tensor tensor, DType dtype, Content content) {}

    /**
     * One tensor of the only target; the name of its file does not matter. @throws Problem when there is no tensor of
     * this name
     */
    public SynthesizedTensor tensor(PreparedWeights weights, String name) {
        Run run = weights.run();
        FittedTarget target = weights.target();
        WeightFile template = template(run, target.fit());
        Tensor tensor = template.tensor(name)
                .orElseThrow(
                        () -> Problem.unknown("name", "The weights of run " + run.name() + " hold no tensor " + name));
        Layout.TensorElements elements = rows(tensor, weights.output());
        Layout layout = new Layout(name + ".bin", tensor.elements() == 0 ? List.of() : List.of(elements));
        Recipe.RecipeOutput output = new Recipe.RecipeOutput(template, target.coefficients(), List.of(layout));
        Recipe recipe = new Recipe(inputs(run), List.of(output));
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
     * Computes the weights of the only target in one pass over the snapshots, without a file.
     *
     * @throws Problem when a snapshot changes meanwhile or holds values that are not finite, or a tensor is not of
     *     numbers with a fraction
     */
    public Loaded load(PreparedWeights weights) throws IOException {
        FittedTarget target = weights.target();
        WeightFile template = template(weights.run(), target.fit());
        for (Tensor tensor : template.tensors())
            if (!tensor.dtype().isFloating())
                throw Problem.unprocessable(template.path() + ": tensor `" + tensor.name() + "` is " + tensor.dtype()
                        + ", and nothing computes with that");
        List<Layout.TensorElements> tensors =
                template.tensors().stream().map(t -> rows(t, weights.output())).toList();
        Layout layout = new Layout(
                target.baseName(),
                List.copyOf(tensors.stream().filter(t -> t.bytes() > 0).toList()));
        Recipe.RecipeOutput output = new Recipe.RecipeOutput(template, target.coefficients(), List.of(layout));
        WideningChannel channel = new WideningChannel(tensors);
        engine.transfer(new Recipe(inputs(weights.run()), List.of(output)), output, layout, channel, 0, layout.size());
        return new Loaded(template, channel.elements());
    }

    private static Layout.TensorElements rows(Tensor tensor, OutputOptions options) {
        List<Integer> axes = IntStream.range(0, tensor.shape().rank()).boxed().toList();
        return new Layout.TensorElements(tensor, axes, options.dtype(tensor));
    }

    /** Prepares all targets to be written in one pass over the snapshots. */
    public Pass pass(PreparedWeights weights) {
        return new Pass(recipe(weights));
    }

    /**
     * Describes a file to be written.
     *
     * @param identity changes whenever a byte could, as {@link Content#identity} does
     * @param isText whether nothing is read for it: an index, a configuration
     */
    public record PassFile(String name, long size, String identity, boolean isText) {}

    /** Files to be written together. */
    public final class Pass {
        private final Recipe recipe;
        private List<String> notices = List.of();

        private Pass(Recipe recipe) {
            this.recipe = recipe;
        }

        /** What is odd about the weights that were written, one sentence each; empty before. */
        public List<String> notices() {
            return notices;
        }

        /** Bytes of all files. */
        public long size() {
            return recipe.outputs().stream()
                    .flatMap(output -> output.files().stream())
                    .mapToLong(Layout::size)
                    .sum();
        }

        /** Bytes of the tensors that are read for it. */
        public long inputBytes() {
            return IntStream.range(0, recipe.inputs().size())
                    .filter(j -> recipe.outputs().stream()
                            .flatMap(output -> output.coefficients().all().stream())
                            .anyMatch(c -> c[j] != 0))
                    .mapToObj(recipe.inputs()::get)
                    .flatMap(file -> file.tensors().stream())
                    .mapToLong(Tensor::bytes)
                    .sum();
        }

        /** The files of each target, an index of shards last. */
        public List<List<PassFile>> files() {
            return recipe.outputs().stream()
                    .map(output -> output.files().stream()
                            .map(file -> new PassFile(
                                    file.fileName(),
                                    file.size(),
                                    recipe.identity(output, file),
                                    file.segments().stream().allMatch(Layout.Literal.class::isInstance)))
                            .toList())
                    .toList();
        }

        /** A pass that writes those of the files that have these names, the same bytes. */
        public Pass only(Set<String> names) {
            return new Pass(new Recipe(
                    recipe.inputs(),
                    recipe.outputs().stream()
                            .map(output -> new Recipe.RecipeOutput(
                                    output.template(),
                                    output.coefficients(),
                                    output.files().stream()
                                            .filter(file -> names.contains(file.fileName()))
                                            .toList()))
                            .filter(output -> !output.files().isEmpty())
                            .toList()));
        }

        /**
         * Writes the files, which appear under their names when all are complete.
         *
         * @param folder created where it does not exist
         * @param overwrite whether existing files may be replaced
         * @param progress told of bytes written, as they are
         * @return the files of each target, an index of shards last
         * @throws Problem when a file exists, the disk is full, a snapshot changes meanwhile or holds values that are
         *     not finite; nothing is left then
         */
        public List<List<Path>> write(Path folder, boolean overwrite, LongConsumer progress) throws IOException {
            notices = engine.write(recipe, folder, overwrite, progress);
            return recipe.outputs().stream()
                    .map(output -> output.files().stream()
                            .map(file -> folder.resolve(file.fileName()))
                            .toList())
                    .toList();
        }
    }

    /** Makes a {@link #pass} and writes it. @return all files */
    public List<Path> write(PreparedWeights weights, Path folder, boolean overwrite, LongConsumer progress)
            throws IOException {
        return pass(weights).write(folder, overwrite, progress).stream()
                .flatMap(List::stream)
                .toList();
    }

    /**
     * What a file that exists says of itself that is not so of the only target's weights, as ends of sentences; none
     * where it says nothing, as pickles do of averages, or is none that is read.
     *
     * @param doubts told of a hint that it was made of other snapshots
     */
    public List<String> contradictions(PreparedWeights weights, Path path, Consumer<String> doubts) throws IOException {
        WeightFile file;
        try {
            file = WeightFiles.read(path);
        } catch (FormatException e) {
            return List.of();
        }
        FittedTarget target = weights.target();
        Map<String, String> metadata = Provenance.metadata(weights.run(), target);
        Map<Tensor, DType> tensors = new LinkedHashMap<>();
        for (Tensor tensor : template(weights.run(), target.fit()).tensors())
            tensors.put(tensor, weights.output().dtype(tensor));
        boolean named =
                weights.output().format().filter(format -> format != Format.DCP).isPresent();
        List<String> contradictions = Provenance.contradictions(file, metadata, tensors, named);
        if (contradictions.isEmpty()) Provenance.doubt(file, metadata).ifPresent(doubts);
        return contradictions;
    }

    /**
     * What of the run's files their outputs do not hold, because only the training job could go on with it: names
     * within the files, such as {@code opt}; none where outputs hold nothing but weights.
     */
    public List<String> leftOut(PreparedWeights weights) {
        return likened(weights)
                .flatMap(like -> like.leftOut().stream())
                .distinct()
                .toList();
    }

    /** What outputs like the run's files have or lack that nobody may expect, one sentence each. */
    public List<String> notices(PreparedWeights weights) {
        return likened(weights)
                .flatMap(like -> like.notices().stream())
                .distinct()
                .toList();
    }

    private Stream<LikeInputs.LikenedFile> likened(PreparedWeights weights) {
        if (weights.output().format().isPresent()) return Stream.empty();
        return weights.targets().stream()
                .flatMap(target -> likeInputs.of(weights.run(), template(weights.run(), target.fit())).stream());
    }

    /** Whether files hold what the run's files hold beside weights, or name them otherwise than the run does. */
    public boolean isLikeInputs(PreparedWeights weights) {
        return liked(weights).isPresent();
    }

    /**
     * Whether each target is a folder: files are named by their paths then, below a folder of the target's name, or as
     * in the checkpoint's own folder where the target has no name.
     */
    public boolean isFolder(PreparedWeights weights) {
        return weights.format() == Format.DCP
                || liked(weights).filter(LikeInputs.LikenedFile::isFolder).isPresent();
    }

    private Optional<LikeInputs.LikenedFile> liked(PreparedWeights weights) {
        FittedTarget target = weights.targets().getFirst();
        return weights.output().format().isEmpty()
                ? likeInputs.of(weights.run(), template(weights.run(), target.fit()))
                : Optional.empty();
    }

    private Recipe recipe(PreparedWeights weights) {
        List<Recipe.RecipeOutput> outputs = new ArrayList<>();
        for (FittedTarget target : weights.targets()) {
            WeightFile template = template(weights.run(), target.fit());
            Coefficients coefficients = target.coefficients();
            requireTiedAlike(template, coefficients);
            try {
                outputs.add(output(weights, target, template, coefficients));
            } catch (IllegalArgumentException e) {
                throw Problem.invalid("format", String.valueOf(e.getMessage()));
            }
        }
        return new Recipe(inputs(weights.run()), outputs);
    }

    private Recipe.RecipeOutput output(
            PreparedWeights weights, FittedTarget target, WeightFile template, Coefficients coefficients) {
        OutputOptions options = weights.output();
        Map<String, String> metadata = Provenance.metadata(weights.run(), target);
        if (options.format().isEmpty()) {
            Optional<LikeInputs.LikenedFile> like = likeInputs.of(weights.run(), template);
            if (like.isPresent())
                return new Recipe.RecipeOutput(
                        like.get().template(), coefficients, like.get().layout(target.baseName(), options, metadata));
        }
        return new Recipe.RecipeOutput(template, coefficients, flat(weights, target, template, metadata));
    }

    private List<Layout> flat(
            PreparedWeights weights, FittedTarget target, WeightFile template, Map<String, String> metadata) {
        OutputOptions options = weights.output();
        boolean ofSeveral = template.format() == Format.DCP || template.parts().size() > 1;
        if (options.asModel() && weights.format() == Format.SAFETENSORS && ofSeveral) {
            Map<String, byte[]> beside = likeInputs.ofTransformers(weights.run(), template);
            if (!beside.isEmpty()) return model(target.baseName() + "/", beside, options, template, metadata);
        }
        return WeightFiles.writer(weights.format())
                .layout(target.baseName(), template, options::dtype, metadata, options.shardSize());
    }

    /** The files of a folder as Transformers names them. */
    private static List<Layout> model(
            String begin,
            Map<String, byte[]> beside,
            OutputOptions options,
            WeightFile template,
            Map<String, String> metadata) {
        List<Layout> files = new ArrayList<>();
        beside.forEach((name, content) -> files.add(new Layout(begin + name, List.of(new Layout.Literal(content)))));
        for (Layout file : WeightFiles.writer(Format.SAFETENSORS)
                .layout("model", template, options::dtype, metadata, options.shardSize()))
            files.add(new Layout(begin + file.fileName(), file.segments()));
        return files;
    }

    /** Tied weights are one: what loads them takes one of their values, whichever it is. */
    private static void requireTiedAlike(WeightFile template, Coefficients coefficients) {
        if (coefficients.layers().isEmpty()) return;
        for (SharedElements shared : SharedElements.of(template))
            for (Tensor tensor : shared.tensors())
                if (Recipe.combines(tensor)
                        && coefficients.of(tensor.name())
                                != coefficients.of(shared.whole().name()))
                    throw Problem.invalid(
                            "layer",
                            "layer: the tensors " + shared.whole().name() + " and " + tensor.name()
                                    + " share their elements, so they cannot be averaged over different lengths; "
                                    + "give patterns that match both, or neither");
    }

    private static List<WeightFile> inputs(Run run) {
        return run.snapshots().stream().map(Snapshot::file).toList();
    }

    /**
     * The newest snapshot that is not later than the target: whether it is combined or not, so that other targets of a
     * pass do not matter. Where its file holds several, the one whose profile is nearest the target's.
     */
    private static WeightFile template(Run run, Fit fit) {
        Snapshot newest = run.snapshots().stream()
                .filter(snapshot -> snapshot.time() <= fit.target().endTime())
                .reduce((older, newer) -> newer)
                .orElseThrow(
                        () -> Problem.unprocessable("run " + run.name() + " has no snapshot up to the target's time"));
        return run.snapshots().stream()
                .filter(snapshot -> snapshot.file().path().equals(newest.file().path()))
                .min(Comparator.comparingDouble(snapshot -> difference(snapshot.profile(), fit.target())))
                .orElse(newest)
                .file();
    }

    /** The mean difference of two profiles' shares. */
    private static double difference(Profile one, Profile two) {
        double end = Math.max(one.endTime(), two.endTime());
        return DoubleStream.iterate(0.001, x -> x < 1, x -> x + 0.001)
                .map(x -> Math.abs(one.cumulative(x * end) - two.cumulative(x * end)))
                .average()
                .orElse(0);
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
            engine.transferShared(recipe, output, file, identity, target, offset, length);
        }
    }
}
