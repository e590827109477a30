package phema.dashboard;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.web.util.UriComponentsBuilder;
import phema.catalog.Run;
import phema.format.Format;
import phema.problem.Problem;
import phema.solver.Fit;
import phema.solver.SolverKind;
import phema.storage.ByteSize;
import phema.synthesis.Names;
import phema.synthesis.OutputOptions;
import phema.synthesis.Syntheses;
import phema.synthesis.Syntheses.Named;

/**
 * A weight file of a fit.
 *
 * @param name of the format
 * @param url from the server's root
 * @param problem why the run cannot have this format
 */
record Download(
        String name,
        String fileName,
        String size,
        String url,
        String curl,
        @Nullable String problem) {
    static List<Download> of(Run run, Fit fit, double sigmaRel, Syntheses syntheses, String address) {
        Named named = new Named(Names.baseName(Names.PREFIX, run, fit.target()), fit);
        return Arrays.stream(Format.values())
                .map(format -> of(run, named, format, url(run, fit, sigmaRel, format), syntheses, address))
                .toList();
    }

    private static Download of(Run run, Named named, Format format, String url, Syntheses syntheses, String address) {
        String name = switch (format) {
            case SAFETENSORS -> "safetensors";
            case EDM2_PICKLE -> "EDM2 pickle";
            case TORCH_ZIP -> "PyTorch";
        };
        String fileName = named.baseName() + "." + format.extension();
        String curl = "curl -OJ '" + address + url + "'";
        try {
            long size = syntheses
                    .pass(run, List.of(named), OutputOptions.of(format))
                    .size();
            return new Download(name, fileName, ByteSize.print(size), url, curl, null);
        } catch (Problem impossible) {
            return new Download(name, fileName, "", url, curl, impossible.getMessage());
        }
    }

    private static String url(Run run, Fit fit, double sigmaRel, Format format) {
        double time = fit.target().endTime();
        UriComponentsBuilder url = UriComponentsBuilder.fromPath("/api/v1/runs/{run}/weights.{format}")
                .queryParam("sigmaRel", FitPanel.plain(sigmaRel));
        if (time != run.snapshots().getLast().time()) url.queryParam("time", FitPanel.plain(time));
        if (fit.method() != SolverKind.BLUP) url.queryParam("solver", RunController.word(fit.method()));
        return url.encode().buildAndExpand(run.name(), format.extension()).toUriString();
    }
}
