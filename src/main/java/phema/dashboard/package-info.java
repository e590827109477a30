/**
 * The pages for people, rendered on the server; {@code static/dashboard} draws their charts and keeps them live.
 *
 * <p>A page is a controller, a record of what it shows ({@code ...Panel}, {@code ...Row}) and a template in
 * {@code templates/dashboard}. Pages work without scripts but for charts, with a keyboard, on a phone and in the dark.
 * What changes by itself is a fragment with an address of its own.
 *
 * <ol>
 *   <li>{@code StartController}, {@code RunController}, {@code SweepPageController}, {@code CompareController}, {@code
 *       FleetPageController}: the pages.
 *   <li>{@code FitPanel}, {@code SweepPanel}: what they show.
 *   <li>{@code Chart} of {@code ChartLayer}s: a chart as data; {@code RunCharts}, {@code SweepCharts}, {@code
 *       CompareChart} make them, and {@code CopyLine}s say how to get their values without a page.
 *   <li>{@code LiveAnswers}, {@code DashboardErrors}: what is new, and what went wrong.
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
            "problem",
            "profile",
            "search",
            "security",
            "solver",
            "sweep",
            "synthesis",
            "text"
        })
@NullMarked
package phema.dashboard;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
