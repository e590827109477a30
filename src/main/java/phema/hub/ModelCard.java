package phema.hub;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.springframework.stereotype.Component;
import phema.catalog.Run;
import phema.format.OneLine;
import phema.format.Tensor;
import phema.profile.Power;
import phema.profile.Profile;
import phema.profile.ProfileSpec;
import phema.solver.Fit;
import phema.solver.SolverKind;
import phema.synthesis.Names;
import phema.synthesis.WeightsReference;
import phema.text.Labels;

/** Writes the generated {@code README.md}: what the weights are, how good, and made of what. */
@Component
record ModelCard(Repositories repositories) {
    /** The sweep that the recommendation comes from. */
    static final String CHART = "sweep.svg";

    /** The images of what the recommended average makes, in its own commit. */
    static final String SAMPLES = "samples.svg";

    static final List<String> TAGS = List.of("ema", "phema");

    /**
     * Writes it.
     *
     * @param weights the path of a file that holds some, or says where they are
     * @param samples whether there are {@link #SAMPLES}
     */
    String of(
            Run run,
            WeightsReference revision,
            OfferedLengths.RecommendedLength recommended,
            Fit fit,
            String weights,
            boolean samples) {
        return String.format(
                Locale.ROOT,
                """
                %s
                # %s, %s

                Weights of the training run `%s`, averaged with %s
                up to time %s%s. No file holds them: phema combines them from the snapshots
                below while they are sent. Every other EMA length is a revision too.

                ```python
                from huggingface_hub import hf_hub_download

                path = hf_hub_download("%s", "%s", revision="%s")
                ```

                ## How good

                | | |
                |---|---|
                | this revision | `%s` |
                | recommended for this run, and so `main` | `%s`: %s |
                | predicted relative error of the weights | %s |
                | the same with the other solver | %s |
                | fitted profile off the target by | %s |
                | condition number | %s |
                | sum of absolute coefficients | %s |
                | parameters | %,d |

                %s%s
                ## Snapshots used: %d of %d

                | snapshot | coefficient |
                |---|---|
                %s""",
                yaml(run),
                run.name(),
                title(revision.target()),
                run.name(),
                described(revision.target()),
                String.format(Locale.ROOT, "%.0f", revision.target().endTime()),
                run.countsKimg() ? " (images seen)" : "",
                repositories.name(run),
                weights,
                revision.isNamed() ? revision.print(run) : Revision.MAIN,
                revision.print(run),
                recommended.revision().print(run),
                cell(recommended.why()),
                number("%.2g", fit.predictedRelativeError()),
                other(fit),
                Double.isNaN(fit.profileResidual()) ? "unknown" : number("%.2g %%", 100 * fit.profileResidual()),
                Double.isNaN(fit.conditionNumber())
                        ? "none: no system was solved"
                        : number("%.2g", fit.conditionNumber()),
                number("%.2f", fit.coefficientNorm()),
                run.newest().file().tensors().stream()
                        .mapToLong(Tensor::elements)
                        .sum(),
                warnings(run, fit),
                (recommended.sweep().isPresent()
                                ? "![The sweep's metric against the length of averages](" + CHART + ")\n"
                                : "")
                        + (samples ? "\n![What the network makes](" + SAMPLES + ")\n" : ""),
                fit.filesUsed(),
                run.snapshots().size(),
                coefficients(run, fit));
    }

    private static String title(Profile target) {
        return target instanceof Power ? "EMA length " + Names.width(target) : ProfileSpec.print(target);
    }

    private static String described(Profile target) {
        return target instanceof Power
                ? "the power-function profile of sigma_rel " + Names.width(target)
                        + "\n([EDM2](https://arxiv.org/abs/2312.02696))"
                : "the profile `" + ProfileSpec.print(target) + "`";
    }

    /** Returns the {@code cardData} of model info. */
    static Map<String, Object> frontMatter(Run run) {
        Map<String, Object> values = new LinkedHashMap<>();
        library(run).ifPresent(library -> values.put("library_name", library));
        values.put("tags", TAGS);
        return values;
    }

    /** The library that loads weights of this name. */
    static Optional<String> library(Run run) {
        return run.publication().weights().endsWith("diffusion_pytorch_model.safetensors")
                ? Optional.of("diffusers")
                : Optional.empty();
    }

    /** Names of metrics are what their users say. */
    private static String cell(String text) {
        return OneLine.of(text).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;");
    }

    private static String yaml(Run run) {
        StringBuilder yaml = new StringBuilder("---\n");
        library(run)
                .ifPresent(
                        library -> yaml.append("library_name: ").append(library).append('\n'));
        yaml.append("tags:\n");
        TAGS.forEach(tag -> yaml.append("- ").append(tag).append('\n'));
        return yaml.append("---\n").toString();
    }

    private static String other(Fit fit) {
        SolverKind other = fit.method() == SolverKind.BLUP ? SolverKind.PAPER : SolverKind.BLUP;
        return number("%.2g", fit.predictedRelativeErrors().getOrDefault(other, Double.NaN)) + " (" + Labels.of(other)
                + ")";
    }

    private static String number(String format, double value) {
        return Double.isFinite(value) ? String.format(Locale.ROOT, format, value) : "unknown";
    }

    private static String warnings(Run run, Fit fit) {
        StringBuilder lines = new StringBuilder();
        for (String warning : run.warningsAt(fit.target().endTime()))
            lines.append("Warning: ").append(warning).append("\n\n");
        for (String warning : fit.warnings())
            lines.append("Warning: ").append(warning).append(".\n\n");
        return lines.toString();
    }

    private static String coefficients(Run run, Fit fit) {
        StringBuilder rows = new StringBuilder();
        for (int j = 0; j < run.snapshots().size(); j++)
            if (fit.coefficients().get(j) != 0)
                rows.append(String.format(
                        Locale.ROOT,
                        "| %s | %+.6f |\n",
                        run.snapshots().get(j).name(),
                        fit.coefficients().get(j)));
        return rows.toString();
    }
}
