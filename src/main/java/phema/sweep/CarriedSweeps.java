package phema.sweep;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Service;
import phema.catalog.Catalog;
import phema.catalog.Run;
import phema.evaluation.Evaluators;
import phema.evaluation.Picture;
import phema.evaluation.PictureReader;
import phema.evaluation.Point;
import phema.fleet.Takers;
import phema.fleet.WorkState;
import phema.problem.Problem;
import phema.sweep.CarriedFile.CarriedEntry;
import phema.sweep.CarriedFile.CarriedImage;
import phema.sweep.CarriedFile.CarriedTrial;
import phema.text.StoredJson;
import tools.jackson.core.JacksonException;

/** Reads the sweeps that folders of runs carry, {@link CarriedFile}, when somebody looks and the file has changed. */
@Service
public class CarriedSweeps {
    private static final int MOST_BYTES = 16 << 20;
    private static final int MOST_SWEEPS = 8;
    private static final int MOST_TRIALS = 256;
    private static final int REMEMBERED = 16;

    private final Catalog catalog;
    private final Evaluators evaluators;
    private final Map<Path, Read> read = Collections.synchronizedMap(new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Path, Read> eldest) {
            return size() > REMEMBERED;
        }
    });

    CarriedSweeps(Catalog catalog, Evaluators evaluators) {
        this.catalog = catalog;
        this.evaluators = evaluators;
    }

    /**
     * What a folder carries.
     *
     * @param problem why it is not shown; empty where all is well, or nothing is there
     */
    public record Carried(List<CarriedSweep> sweeps, String problem) {
        private static final Carried NOTHING = new Carried(List.of(), "");

        public Carried {
            sweeps = List.copyOf(sweeps);
        }
    }

    private record Read(long size, Instant modified, Carried carried) {}

    public Carried of(Run run) {
        Path file = run.folder().resolve(CarriedFile.NAME);
        try {
            Path real = file.toRealPath();
            if (!catalog.mayRead(real)) return new Carried(List.of(), file + " leads outside of phema.roots");
            BasicFileAttributes now = Files.readAttributes(real, BasicFileAttributes.class);
            if (!now.isRegularFile()) return Carried.NOTHING;
            Instant modified = now.lastModifiedTime().toInstant();
            Read before = read.get(real);
            if (before != null
                    && before.size() == now.size()
                    && before.modified().equals(modified)) return before.carried();
            Carried carried = read(run.name(), real, now.size());
            read.put(real, new Read(now.size(), modified, carried));
            return carried;
        } catch (NoSuchFileException e) {
            return Carried.NOTHING;
        } catch (IOException e) {
            return new Carried(List.of(), CarriedFile.NAME + " cannot be read: " + e.getMessage());
        }
    }

    /** @param index of the file's sweeps, from 0 */
    public Optional<CarriedSweep> find(Run run, int index) {
        List<CarriedSweep> all = of(run).sweeps();
        return index >= 0 && index < all.size() ? Optional.of(all.get(index)) : Optional.empty();
    }

    /** @throws Problem where there is none; see {@link #find} */
    public CarriedSweep sweep(Run run, int index) {
        return find(run, index)
                .orElseThrow(() -> Problem.unknown("index", "run " + run.name() + " carries no such sweep"));
    }

    private Carried read(String run, Path file, long size) throws IOException {
        if (size > MOST_BYTES)
            return new Carried(
                    List.of(), CarriedFile.NAME + " is larger than " + (MOST_BYTES >> 20) + " MiB, and is not read");
        try (InputStream in = Files.newInputStream(file)) {
            String text = new String(in.readNBytes(MOST_BYTES), StandardCharsets.UTF_8);
            List<CarriedEntry> entries = there(
                    "sweeps",
                    there("content", StoredJson.read(text, CarriedFile.class)).sweeps());
            List<CarriedSweep> sweeps = new ArrayList<>();
            for (CarriedEntry entry : entries.stream().limit(MOST_SWEEPS).toList())
                sweeps.add(sweep(run, sweeps.size(), there("sweep", entry)));
            return new Carried(sweeps, "");
        } catch (JacksonException e) {
            return new Carried(List.of(), CarriedFile.NAME + " is not as phema writes it: " + e.getOriginalMessage());
        } catch (Problem e) {
            return new Carried(List.of(), CarriedFile.NAME + " is not as phema writes it: " + e.getMessage());
        }
    }

    private static <T> T there(String field, @Nullable T value) {
        if (value == null) throw Problem.invalid(field, field + " is missing");
        return value;
    }

    private CarriedSweep sweep(String run, int index, CarriedEntry entry) {
        SweepSpec stored = there("spec", entry.spec());
        SweepSpec spec = new SweepSpec(
                run,
                there("mode", stored.mode()),
                stored.axes(),
                there("evaluator", stored.evaluator()),
                there("metric", stored.metrics()),
                stored.solver(),
                stored.files(),
                stored.tolerance(),
                0);
        String id = "carried-" + index;
        List<Trial> trials = new ArrayList<>();
        Map<Integer, List<Picture>> pictures = new LinkedHashMap<>();
        for (CarriedTrial given : there("trials", entry.trials())) {
            if (trials.size() == MOST_TRIALS) throw Problem.invalid("trials", "trials are more than " + MOST_TRIALS);
            int number = trials.size();
            trials.add(trial(id, number, spec, there("trial", given)));
            pictures.put(number, pictures(given.images()));
        }
        if (trials.isEmpty()) throw Problem.invalid("trials", "trials are missing: there is none");
        List<Optima.Comparable> groups = Optima.comparable(spec, trials);
        Optional<Optimum> best = Optima.best(groups);
        Sweep sweep = new Sweep(
                id,
                SweepDescription.NONE,
                spec,
                SweepState.DONE,
                Map.of(WorkState.DONE, trials.size()),
                best,
                best.map(optimum -> Evidence.of(spec, trials, optimum)),
                Optional.empty(),
                Instant.EPOCH,
                Optional.empty(),
                Map.of(),
                Optional.empty(),
                new Takers(0, List.of()),
                Optional.empty(),
                SweepJob.NONE,
                0);
        return new CarriedSweep(
                sweep,
                trials,
                groups.stream().flatMap(group -> group.sweepFit().stream()).toList(),
                pictures);
    }

    private static Trial trial(String sweep, int number, SweepSpec spec, CarriedTrial given) {
        Point point = there("point", given.point());
        Map<String, Double> metrics = new TreeMap<>(there("metrics", given.metrics()));
        if (!point.family().equals(spec.axes().family()))
            throw Problem.invalid("point", "trial " + number + " is of other averages than its sweep");
        if (!(point.length() > 0)) throw Problem.invalid("point", "trial " + number + " has no length above 0");
        if (metrics.values().stream().anyMatch(value -> value == null || !Double.isFinite(value))
                || !metrics.containsKey(spec.metric()))
            throw Problem.invalid(
                    "metrics", "trial " + number + " has no finite " + spec.metric() + ", or another that is none");
        return new Trial(
                sweep,
                number,
                point,
                WorkState.DONE,
                1,
                Optional.empty(),
                metrics,
                false,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                0);
    }

    /** Made anew and as small as others are. */
    private List<Picture> pictures(@Nullable List<CarriedImage> images) {
        if (images == null) return List.of();
        return images.stream()
                .limit(evaluators.samples())
                .filter(image ->
                        image != null && image.name() != null && image.file() != null && Picture.isName(image.name()))
                .map(image -> PictureReader.readSmall(
                        Picture.named(image.name()), Path.of(image.name()), Objects.requireNonNull(image.file())))
                .toList();
    }

    /** As measurements, which are shown beside the trials of other sweeps. */
    List<ForeignMeasurement> measurements(Run run) {
        return of(run).sweeps().stream()
                .flatMap(carried -> carried.trials().stream())
                .map(trial -> new ForeignMeasurement(
                        CarriedFile.NAME,
                        "",
                        "",
                        trial.point(),
                        Optional.of(trial.point().seeds().count()),
                        new TreeMap<>(trial.metrics()),
                        Optional.empty()))
                .toList();
    }
}
