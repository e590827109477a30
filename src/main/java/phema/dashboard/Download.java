package phema.dashboard;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.web.util.UriComponentsBuilder;
import phema.catalog.Run;
import phema.format.Format;
import phema.problem.Problem;
import phema.profile.ProfileSpec;
import phema.solver.Fit;
import phema.solver.SolverKind;
import phema.synthesis.PreparedWeights;
import phema.synthesis.Syntheses;
import phema.text.ByteSize;
import phema.text.Labels;

/**
 * Describes a weight file of a fit.
 *
 * @param name of the format, or of the kind of file
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
    /** @param sigmaRel of the paper's averages, as addresses have it; others have their profile there */
    static List<Download> of(PreparedWeights weights, Optional<String> sigmaRel, Syntheses syntheses, String address) {
        List<Download> downloads = new ArrayList<>();
        PreparedWeights same = weights.asStored();
        if (syntheses.isLikeInputs(same)) {
            String fileName = syntheses.whole(same).fileName();
            String url = url(weights, sigmaRel, "");
            downloads.add(of(same, "as the run's files", fileName, url, syntheses, address));
        }
        for (Format format : Format.values()) {
            if (format == Format.DCP) continue; // for those who have such checkpoints: as the run's files
            if (format == Format.EDM2_PICKLE && !isPickled(weights.run())) continue; // made of such files alone
            String fileName = weights.target().baseName() + "." + format.extension();
            String url = url(weights, sigmaRel, "." + format.extension());
            downloads.add(of(weights.in(format), name(format), fileName, url, syntheses, address));
        }
        return downloads;
    }

    private static boolean isPickled(Run run) {
        return run.snapshots().stream().allMatch(snapshot -> snapshot.file().format() == Format.EDM2_PICKLE);
    }

    private static String name(Format format) {
        return switch (format) {
            case SAFETENSORS -> "safetensors";
            case EDM2_PICKLE -> "EDM2 pickle";
            case TORCH_ZIP -> "PyTorch";
            case DCP -> "distributed checkpoint";
        };
    }

    private static Download of(
            PreparedWeights weights, String name, String fileName, String url, Syntheses syntheses, String address) {
        String curl = "curl -OJ '" + address + url + "'";
        try {
            long size = syntheses.pass(weights).size();
            return new Download(name, fileName, ByteSize.print(size), url, curl, null);
        } catch (Problem impossible) {
            return new Download(name, fileName, "", url, curl, impossible.getMessage());
        }
    }

    private static String url(PreparedWeights weights, Optional<String> sigmaRel, String extension) {
        Run run = weights.run();
        Fit fit = weights.target().fit();
        double time = fit.target().endTime();
        UriComponentsBuilder url = UriComponentsBuilder.fromPath("/api/v1/runs/{run}/weights" + extension);
        sigmaRel.ifPresentOrElse(
                length -> url.queryParam("sigmaRel", length),
                () -> url.queryParam("profile", ProfileSpec.print(fit.target())));
        if (time != run.newestTime()) url.queryParam("time", Labels.plain(time));
        if (fit.method() != SolverKind.BLUP) url.queryParam("solver", Labels.of(fit.method()));
        return url.encode().buildAndExpand(run.name()).toUriString();
    }
}
