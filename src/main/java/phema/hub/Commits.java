package phema.hub;

import static com.fasterxml.jackson.annotation.JsonInclude.Include.NON_NULL;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.springframework.stereotype.Service;
import phema.api.FitView;
import phema.catalog.Publication;
import phema.catalog.Run;
import phema.catalog.Snapshot;
import phema.format.FilePart;
import phema.format.Format;
import phema.problem.Problem;
import phema.solver.Fit;
import phema.sweep.Sweeps;
import phema.sweep.TrialPictures;
import phema.synthesis.Content;
import phema.synthesis.Fits;
import phema.synthesis.OutputOptions;
import phema.synthesis.PreparedWeights;
import phema.synthesis.Syntheses;
import phema.synthesis.WeightsReference;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** Turns revisions of runs into commits. Keeps the latest, because clients ask for each file of one in turn. */
@Service
final class Commits {
    private static final Pattern SHA = Pattern.compile("[0-9a-f]{40}");
    private static final Pattern PART_OF_SHA = Pattern.compile("[0-9a-f]{4,}");
    private static final int KEPT = 64;

    /**
     * The mapper of this room, not that of answers: what a commit holds, and so its sha, must not change with
     * settings of the web.
     */
    private static final JsonMapper FIT = JsonMapper.builder()
            .changeDefaultPropertyInclusion(any -> JsonInclude.Value.construct(NON_NULL, NON_NULL))
            .enable(SerializationFeature.INDENT_OUTPUT)
            .build();

    private final OfferedLengths lengths;
    private final Fits fits;
    private final Syntheses syntheses;
    private final Sweeps sweeps;
    private final TrialPictures pictures;
    private final StoredFiles storedFiles;
    private final CommitStore store;
    private final ModelCard card;
    private final OutputOptions alone;
    private final Map<Key, Made> made = Collections.synchronizedMap(new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, Made> eldest) {
            return size() > KEPT;
        }
    });

    /** @param what a sha, or a name and whatever else its commit's texts depend on */
    private record Key(String run, String what) {}

    /** A commit and what it was made of. */
    private record Made(Run run, List<StoredFile> stored, Commit commit) {
        boolean isOf(Run now, List<StoredFile> storedNow) {
            return run.snapshots() == now.snapshots()
                    && run.publication().equals(now.publication())
                    && stored.equals(storedNow);
        }
    }

    Commits(
            OfferedLengths lengths,
            Fits fits,
            Syntheses syntheses,
            Sweeps sweeps,
            TrialPictures pictures,
            StoredFiles storedFiles,
            CommitStore store,
            ModelCard card,
            HubConfiguration.HubProperties settings) {
        this.lengths = lengths;
        this.fits = fits;
        this.syntheses = syntheses;
        this.sweeps = sweeps;
        this.pictures = pictures;
        this.storedFiles = storedFiles;
        this.store = store;
        this.card = card;
        this.alone = OutputOptions.of(Format.SAFETENSORS)
                .withShardSize(settings.shardSize().bytes());
    }

    /** @throws HubError when the run has no such revision */
    Commit of(Run run, String revision) {
        Revision.requireAny(run);
        if (SHA.matcher(revision).matches()) return given(run, revision);
        if (PART_OF_SHA.matcher(revision).matches())
            throw Revision.none(revision + " is a part of a commit's sha, of which all 40 digits are needed", run);
        return latest(
                run,
                revision.equals(Revision.MAIN) ? lengths.recommended(run).revision() : Revision.parse(revision, run));
    }

    /** What a name stands for now. */
    Commit latest(Run run, WeightsReference revision) {
        List<StoredFile> stored = storedFiles.of(run);
        OfferedLengths.RecommendedLength recommended = lengths.recommended(run);
        Key key = new Key(run.name(), revision.print(run) + " where main is " + recommended);
        Made before = made.get(key);
        if (before != null && before.isOf(run, stored)) return before.commit;
        Fit fit = fit(run, revision);
        Map<String, String> texts = new TreeMap<>();
        texts.put("fit.json", FIT.writeValueAsString(FitView.of(run, fit, null)) + "\n");
        recommended.sweep().ifPresent(sweep -> texts.put(ModelCard.CHART, chart(sweep)));
        if (revision.equals(recommended.revision()))
            recommended.sweep().flatMap(this::samples).ifPresent(grid -> texts.put(ModelCard.SAMPLES, grid));
        texts.put(
                "README.md",
                card.of(run, revision, recommended, fit, weightsPath(run, fit), texts.containsKey(ModelCard.SAMPLES)));
        RememberedStart remembered = RememberedStart.of(run, revision.print(run), fit, texts);
        Commit commit = commit(run, remembered, fit, stored, true);
        store.save(run.name(), commit.sha(), remembered);
        Made now = new Made(run, stored, commit);
        made.put(key, now);
        made.put(new Key(run.name(), commit.sha()), now);
        return commit;
    }

    /** The file that a reader of the card may want first. */
    private String weightsPath(Run run, Fit fit) {
        String weights = run.publication().weights();
        PreparedWeights folder = PreparedWeights.of(run, "", fit, OutputOptions.AS_STORED);
        return weights.equals(Publication.DEFAULT.weights()) && isCheckpoint(folder)
                ? weights(run, fit, true).lastEntry().getKey()
                : weights;
    }

    private String chart(String sweep) {
        return SweepChart.of(sweeps.sweep(sweep), sweeps.trials(sweep));
    }

    /** Of the trial that is nearest to the best length, if an evaluator left images of it. */
    private Optional<String> samples(String sweep) {
        return pictures.nearest(sweeps.sweep(sweep), sweeps.trials(sweep)).flatMap(trial -> {
            List<TrialPictures.PictureContent> images = pictures.of(sweep, trial.number()).stream()
                    .flatMap(picture -> pictures.content(sweep, trial.number(), picture.name(), true).stream())
                    .toList();
            String length = trial.point().family().print(trial.point().length());
            return images.isEmpty()
                    ? Optional.empty()
                    : Optional.of(SampleGrid.of("Images of an evaluation at " + length, images));
        });
    }

    private Fit fit(Run run, WeightsReference revision) {
        try {
            return fits.prepare(run, revision.request(alone)).target().fit();
        } catch (Problem cannot) {
            throw HubError.noRevision(
                    "Revision " + revision.print(run) + " of run " + run.name() + ": " + cannot.getMessage());
        }
    }

    /** What a sha stood for when it was given out. */
    private Commit given(Run run, String sha) {
        List<StoredFile> stored = storedFiles.of(run);
        Key key = new Key(run.name(), sha);
        Made before = made.get(key);
        if (before != null && before.isOf(run, stored)) return before.commit;
        RememberedStart remembered = store.load(run.name(), sha)
                .orElseThrow(() -> Revision.none("No commit " + sha + " of run " + run.name() + " was given out", run));
        Commit commit = remembered
                .fit(run)
                .flatMap(fit -> Stream.of(run, run.withoutProbes())
                        .flatMap(form -> Stream.of(true, false) // those given out before held the weights alone
                                .map(whole -> commit(form, remembered, fit, stored, whole)))
                        .filter(c -> c.sha().equals(sha))
                        .findFirst())
                .orElseThrow(() -> HubError.noRevision("Commit " + sha + " of run " + run.name() + " was "
                        + remembered.title() + ", and can no longer be computed: snapshots or other files of the run,"
                        + " or phema.hub.shard-size, have changed since. Ask for " + remembered.title() + " again"));
        made.put(key, new Made(run, stored, commit));
        return commit;
    }

    /** @param whole whether what trainers' own loaders take is in it, and not the weights alone */
    private Commit commit(Run run, RememberedStart remembered, Fit fit, List<StoredFile> stored, boolean whole) {
        List<RepositoryEntry> entries = new ArrayList<>();
        remembered.texts().forEach((path, text) -> entries.add(RepositoryEntry.of(path, GeneratedText.of(path, text))));
        stored.forEach(file -> entries.add(RepositoryEntry.of(file)));
        for (Map.Entry<String, Content> file : weights(run, fit, whole).entrySet())
            entries.add(RepositoryEntry.of(file.getKey(), file.getValue()));
        return Commit.of(run.name(), remembered.title(), newest(run, fit, stored), entries);
    }

    /**
     * Weights by their paths: the checkpoint's own where it is a folder and the manifest says nothing else; otherwise
     * safetensors and, where the run's files are others that hold more than weights, a file like them.
     */
    private SequencedMap<String, Content> weights(Run run, Fit fit, boolean whole) {
        SequencedMap<String, Content> files = new LinkedHashMap<>();
        PreparedWeights folder = PreparedWeights.of(run, "", fit, OutputOptions.AS_STORED);
        String weights = run.publication().weights();
        if (whole && weights.equals(Publication.DEFAULT.weights()) && isCheckpoint(folder)) {
            for (Content file : syntheses.files(folder)) files.put(file.fileName(), file);
            return files;
        }
        int name = weights.lastIndexOf('/') + 1;
        PreparedWeights flat = PreparedWeights.of(run, weights.substring(name, weights.lastIndexOf('.')), fit, alone);
        for (PreparedWeights form : whole ? forms(flat) : List.of(flat))
            for (Content file : syntheses.files(form)) files.put(weights.substring(0, name) + file.fileName(), file);
        return files;
    }

    /** Whether clients of a hub load the folder as it is: none of them loads distributed checkpoints. */
    private boolean isCheckpoint(PreparedWeights folder) {
        return folder.format() != Format.DCP && syntheses.isFolder(folder);
    }

    private List<PreparedWeights> forms(PreparedWeights flat) {
        PreparedWeights same = flat.asStored();
        if (!syntheses.isLikeInputs(same) || syntheses.isFolder(same)) return List.of(flat);
        return same.format() == Format.SAFETENSORS ? List.of(same) : List.of(flat, same.withShardSize(Long.MAX_VALUE));
    }

    private static Instant newest(Run run, Fit fit, List<StoredFile> stored) {
        List<Instant> times =
                new ArrayList<>(stored.stream().map(StoredFile::modified).toList());
        IntStream.range(0, run.snapshots().size())
                .filter(j -> fit.coefficients().get(j) != 0)
                .mapToObj(j -> run.snapshots().get(j))
                .map(Snapshot::file)
                .flatMap(file -> file.parts().stream())
                .map(FilePart::modified)
                .forEach(times::add);
        return Collections.max(times);
    }
}
