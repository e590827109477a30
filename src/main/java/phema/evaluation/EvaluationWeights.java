package phema.evaluation;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import phema.catalog.Run;
import phema.edm2.Network;
import phema.format.Format;
import phema.solver.Fit;
import phema.synthesis.Content;
import phema.synthesis.OutputOptions;
import phema.synthesis.Syntheses;

/**
 * A weight file that an evaluation needs, not computed yet.
 *
 * @param content which tells its identity and size
 */
public record EvaluationWeights(
        Run run, Fit fit, String baseName, Format format, Content content, Syntheses syntheses) {
    /** Hex digits that change whenever any byte of the file could. */
    String identity() {
        return content.identity();
    }

    long size() {
        return content.size();
    }

    Path in(Path folder) {
        return folder.resolve(content.fileName());
    }

    void write(Path folder) throws IOException {
        syntheses.write(run, List.of(named()), OutputOptions.of(format), folder, true, bytes -> {});
    }

    /** Without a file. */
    Network load() throws IOException {
        Syntheses.Loaded loaded = syntheses.load(run, named(), OutputOptions.of(format));
        return Network.of(run.name() + " " + baseName, loaded.template(), loaded.elements());
    }

    private Syntheses.Named named() {
        return new Syntheses.Named(baseName, fit);
    }
}
