package phema.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.Banner;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.NestedExceptionUtils;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import phema.api.RecommendedView;
import phema.api.RunView;
import phema.api.SweepView;
import phema.api.TrialView;
import phema.catalog.Catalog;
import phema.evaluation.EvaluatorView;
import phema.format.OneLine;
import phema.problem.Problem;
import phema.storage.Locations;
import phema.sweep.CarriedFile.CarriedImage;
import phema.sweep.DescriptionChange;
import phema.sweep.Measurements;
import phema.sweep.Measurements.Imported;
import phema.sweep.Recommendations;
import phema.sweep.ResultsCsv;
import phema.sweep.SweepFilter;
import phema.sweep.SweepSpec;
import phema.sweep.Sweeps;
import phema.sweep.TrialPictures;

/** Runs sweeps without a service: this process is a worker as long as it waits. */
final class LocalSweeps implements SweepAccess {
    private final ConfigurableApplicationContext context;
    private final Sweeps sweeps;

    private LocalSweeps(ConfigurableApplicationContext context) {
        this.context = context;
        sweeps = context.getBean(Sweeps.class);
    }

    /**
     * Says nothing on standard output, unless the settings are about logging.
     *
     * @param run its name or its folder
     * @throws Problem when the settings or the database do not let it start
     */
    static LocalSweeps start(Class<?> application, String run, List<String> settings) {
        List<String> args = new ArrayList<>(settings);
        folder(run).ifPresent(folder -> args.add("--phema.roots=" + folder));
        if (settings.stream().noneMatch(setting -> setting.startsWith("--logging.")))
            args.add("--logging.threshold.console=OFF");
        try {
            return new LocalSweeps(new SpringApplicationBuilder(application)
                    .web(WebApplicationType.NONE)
                    .bannerMode(Banner.Mode.OFF)
                    // The command closes it, when it has taken leave of its sweep.
                    .registerShutdownHook(false)
                    // As for all commands, a run's files are what they are now.
                    .properties("phema.catalog.settle=0s")
                    .run(args.toArray(String[]::new)));
        } catch (RuntimeException e) {
            Throwable cause = NestedExceptionUtils.getMostSpecificCause(e);
            if (cause instanceof Problem problem) throw problem;
            if (cause instanceof MarkedYAMLException yaml) throw SettingFiles.broken(yaml, settings);
            throw Problem.invalid(
                    "settings",
                    "cannot start with these settings: " + setting(e)
                            + OneLine.of(Objects.requireNonNullElse(cause.getMessage(), cause.toString())));
        }
    }

    @Override
    public List<EvaluatorView> evaluators() {
        return sweeps.evaluators();
    }

    @Override
    public int waiting() {
        return sweeps.queueDepth();
    }

    @Override
    public SweepView create(SweepSpec spec, DescriptionChange said, Optional<Integer> maxTrials) {
        return SweepView.of(sweeps.create(spec, said, maxTrials));
    }

    @Override
    public List<SweepView> sweeps(String run) {
        return sweeps.sweeps(new SweepFilter(Optional.of(run), Optional.empty(), true), 0, MOST_SWEEPS).stream()
                .map(SweepView::of)
                .toList();
    }

    @Override
    public SweepView sweep(String id) {
        return SweepView.of(sweeps.sweep(id));
    }

    @Override
    public List<TrialView> trials(String id) {
        return sweeps.trials(id).stream().map(TrialView::of).toList();
    }

    @Override
    public List<CarriedImage> images(String id, int trial) {
        TrialPictures pictures = context.getBean(TrialPictures.class);
        return pictures.of(id, trial).stream()
                .flatMap(picture -> pictures.content(id, trial, picture.name(), !picture.isExact()).stream()
                        .map(content -> new CarriedImage(picture.name(), content.bytes())))
                .toList();
    }

    @Override
    public List<TrialView> changed(String id, long version) {
        return sweeps.trialsChangedAfter(id, version).stream()
                .map(TrialView::of)
                .toList();
    }

    @Override
    public String csv(String id) {
        return ResultsCsv.of(sweeps.trialsAndMeasured(id));
    }

    @Override
    public RunView run(String name) {
        return RunView.of(
                context.getBean(Catalog.class).run(name),
                context.getBean(Recommendations.class).of(name));
    }

    @Override
    public Optional<RecommendedView> recommendedBefore(String id, Set<String> without) {
        return context.getBean(Recommendations.class)
                .before(sweeps.sweep(id), without)
                .map(RecommendedView::of);
    }

    @Override
    public void cancel(String id) {
        sweeps.cancel(id);
    }

    @Override
    public Imported add(String run, MeasuredFile file) throws IOException {
        Measurements measurements = context.getBean(Measurements.class);
        return measurements.add(run, file.rows(measurements.most(run)));
    }

    /** The folder that a run is named by; names hold no separator. */
    private static Optional<Path> folder(String run) {
        if (!run.contains("/")) return Optional.empty();
        Path folder = Locations.path(run).toAbsolutePath().normalize();
        if (!Files.isDirectory(folder)) throw Problem.invalid("run", run + " is not a folder");
        return Optional.of(folder);
    }

    /** The name of a run that is named by its folder or its name. */
    static String runName(String run) throws IOException {
        Optional<Path> folder = folder(run);
        return folder.isEmpty() ? run : String.valueOf(folder.get().toRealPath().getFileName());
    }

    @Override
    public String leave(String id) {
        sweeps.cancel(id);
        return "sweep " + id
                + " is cancelled; the same command goes on where it was, as what is evaluated is remembered";
    }

    @Override
    public void close() {
        context.close();
    }

    /** The innermost that could not be understood. */
    private static String setting(Throwable failure) {
        String name = "";
        for (@Nullable Throwable e = failure; e != null; e = e.getCause())
            if (e instanceof BindException bind) name = bind.getName() + ": ";
        return name;
    }
}
