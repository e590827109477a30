/**
 * The command line: parses, calls, renders.
 *
 * <p>One class a command, one mixin for options that several have. Nothing is computed here. Errors are one line on
 * standard error that says what, where and what to do; rooms name settings and fields, this one translates them into
 * options. Exit status 0 fine, 1 failed, 2 usage or input, 3 a gate was not met.
 *
 * <ol>
 *   <li>{@link phema.cli.Cli}: the commands, converters, errors.
 *   <li>{@code FitCommand}: the shortest command that shows how they are built, with {@code RunOptions} and
 *       {@code ProfileOptions}.
 *   <li>{@code ReconstructCommand}: weight files, with the options of EDM2's {@code reconstruct_phema.py}.
 *   <li>{@code SweepCommand} on {@code LocalSweeps} or {@code RemoteSweeps}: the same sweep in this process or on a
 *       service.
 * </ol>
 */
@ApplicationModule(
        allowedDependencies = {
            "api",
            "bench",
            "catalog",
            "edm2",
            "evaluation",
            "format",
            "metrics",
            "problem",
            "profile",
            "search",
            "security",
            "solver",
            "storage",
            "sweep",
            "synthesis",
            "tensor",
            "text",
            "time"
        })
@NullMarked
package phema.cli;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
