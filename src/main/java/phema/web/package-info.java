/**
 * The REST interface: parses, calls, renders.
 *
 * <p>One controller for each kind of thing; requests and answers are records of {@code api}. Every error is a problem
 * (RFC 9457) that names the field.
 *
 * <ol>
 *   <li>{@code RunsController}, {@code FitsController}, {@code WeightsController}: runs, coefficients, weights.
 *   <li>{@code SweepsController}, {@code SynthesesController}, {@code FleetController}: work.
 *   <li>{@code AskController}: work for clients elsewhere.
 *   <li>{@code Events}: progress as server-sent events.
 *   <li>{@code ApiDescription}: what OpenAPI says of them all.
 * </ol>
 */
@ApplicationModule(
        allowedDependencies = {
            "api",
            "bulk",
            "catalog",
            "evaluation",
            "fleet",
            "format",
            "http",
            "problem",
            "profile",
            "security",
            "solver",
            "sweep",
            "synthesis",
            "tensor",
            "text"
        })
@NullMarked
package phema.web;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
