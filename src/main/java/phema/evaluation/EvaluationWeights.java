package phema.evaluation;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import phema.catalog.Run;
import phema.edm2.Network;
import phema.format.Format;
import phema.format.NetworkSettings;
import phema.problem.Problem;
import phema.solver.Fit;
import phema.synthesis.Content;
import phema.synthesis.PreparedWeights;
import phema.synthesis.Syntheses;

/**
 * Describes a weight file that an evaluation needs, not computed yet.
 *
 * @param weights of one target
 * @param content which tells its identity and size
 */
public record EvaluationWeights(PreparedWeights weights, Content content, Syntheses syntheses) {
    public Run run() {
        return weights.run();
    }

    Fit fit() {
        return weights.target().fit();
    }

    Format format() {
        return weights.format();
    }

    /** Whether the file is like the run's own, which no format alone says. */
    boolean isLikeInputs() {
        return syntheses.isLikeInputs(weights);
    }

    /** Hex digits that change whenever any byte of the file could. */
    String identity() {
        return content.identity();
    }

    /** The settings of its network that are unlike EDM2's defaults, in words; empty for none. */
    String unusualSettings() {
        return NetworkSettings.of(run().newest().file().metadata()).unusual();
    }

    long size() {
        return content.size();
    }

    /** Where the file is, or the folder, once it is written. */
    Path in(Path folder) {
        String name = weights.target().baseName();
        return folder.resolve(syntheses.isFolder(weights) ? name : content.fileName());
    }

    void write(Path folder) throws IOException {
        syntheses.write(weights, folder, true, bytes -> {});
    }

    /**
     * Where a service gives them: as {@code file} in a file like the run's own, and in every format that they can be
     * in, by its extension.
     */
    public SequencedMap<String, WeightsAddress> addresses(EvaluationSpec spec) {
        SequencedMap<String, WeightsAddress> all = new LinkedHashMap<>();
        all.put("file", in(weights.asStored()).address(spec));
        for (Format format : Format.values()) {
            try {
                all.put(format.extension(), in(weights.in(format)).address(spec));
            } catch (Problem cannotBe) {
                continue; // as no run is an EDM2 pickle that was none
            }
        }
        return all;
    }

    private EvaluationWeights in(PreparedWeights same) {
        return new EvaluationWeights(same, syntheses.whole(same), syntheses);
    }

    private WeightsAddress address(EvaluationSpec spec) {
        return new WeightsAddress(WeightsUrl.path(spec, this), identity());
    }

    /** Without a file. */
    Network load() throws IOException {
        Syntheses.Loaded loaded = syntheses.load(weights);
        return Network.of(run().name() + " " + weights.target().baseName(), loaded.template(), loaded.elements());
    }
}
