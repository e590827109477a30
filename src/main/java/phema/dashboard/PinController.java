package phema.dashboard;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Controller;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.servlet.view.RedirectView;
import org.springframework.web.util.UriComponentsBuilder;
import phema.problem.Problem;
import phema.sweep.Recommendations;

/** Takes what the page of a run says of its recommended EMA length: pins and the ends of pins. */
@Controller
@RequestMapping("/runs/{run}")
class PinController {
    private final Recommendations recommendations;

    PinController(Recommendations recommendations) {
        this.recommendations = recommendations;
    }

    /**
     * @param profile in the place of an EMA length
     * @param time of the newest snapshot, also in future, where it is empty
     */
    @PostMapping("/pin")
    RedirectView pin(
            @PathVariable String run,
            @RequestParam(required = false) @Nullable Double sigmaRel,
            @RequestParam(required = false) @Nullable String profile,
            @RequestParam(required = false) @Nullable Double time) {
        if (profile != null) recommendations.pin(run, profile, Optional.ofNullable(time));
        else if (sigmaRel != null) recommendations.pin(run, sigmaRel, Optional.ofNullable(time));
        else throw Problem.invalid("sigmaRel", "sigmaRel is missing, or profile");
        return back(run);
    }

    /** Pins what a sweep found. */
    @PostMapping("/pin/{offer}")
    RedirectView pin(@PathVariable String run, @PathVariable long offer) {
        recommendations.pin(run, offer);
        return back(run);
    }

    @PostMapping("/unpin")
    RedirectView unpin(@PathVariable String run) {
        recommendations.unpin(run);
        return back(run);
    }

    private static RedirectView back(String run) {
        String page = UriComponentsBuilder.fromPath("/runs/{run}")
                .fragment("recommended")
                .encode()
                .buildAndExpand(run)
                .toUriString();
        RedirectView redirect = new RedirectView(page, true);
        redirect.setStatusCode(HttpStatus.SEE_OTHER);
        redirect.setExposeModelAttributes(false);
        return redirect;
    }
}
