package phema.web;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.headers.Header;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import phema.api.AskRequest;
import phema.api.HeartbeatRequest;
import phema.api.HeartbeatView;
import phema.api.LoansView;
import phema.api.PictureView;
import phema.api.SuggestRequest;
import phema.api.SuggestView;
import phema.api.SweepAskRequest;
import phema.api.TellRequest;
import phema.api.TrialView;
import phema.sweep.RemoteTrials;
import phema.sweep.RemoteTrials.Loan;

/** Gives trials to clients that evaluate them elsewhere, and takes what they tell. */
@RestController
@RequestMapping(path = "/api/v1", produces = MediaType.APPLICATION_JSON_VALUE)
@Tag(name = "ask and tell", description = "Trials for evaluators of type remote: other people's GPUs, with HTTP alone")
class AskController {
    private static final Duration PAUSE = Duration.ofMillis(500);
    private static final String SECONDS_TO_NEXT = "5";

    private final RemoteTrials trials;
    private final Events events;

    AskController(RemoteTrials trials, Events events) {
        this.trials = trials;
        this.events = events;
    }

    @PostMapping(path = "/sweeps/{id}/ask", consumes = MediaType.APPLICATION_JSON_VALUE)
    @Operation(
            summary = "Takes trials of a sweep under a lease of a minute",
            description = "Waits for one as long as the request says. Heartbeats extend the lease; when it runs out,"
                    + " somebody else gets the trial.")
    @ApiResponse(responseCode = "200", description = "The trials")
    @ApiResponse(
            responseCode = "204",
            description = "None now, but the sweep goes on; Retry-After says when to ask",
            headers = @Header(name = HttpHeaders.RETRY_AFTER, schema = @Schema(type = "integer")),
            content = @Content)
    @ApiResponse(
            responseCode = "410",
            description = "The sweep is over",
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_PROBLEM_JSON_VALUE,
                            schema = @Schema(implementation = ProblemDetail.class)))
    ResponseEntity<LoansView> ask(@PathVariable String id, @RequestBody SweepAskRequest ofOne)
            throws InterruptedException {
        AskRequest request = ofOne.ofAnySweep();
        return answer(request, () -> trials.ask(id, request.clientName(), request.wantedCount()));
    }

    @PostMapping(path = "/ask", consumes = MediaType.APPLICATION_JSON_VALUE)
    @Operation(
            summary = "Takes trials of any sweep under a lease of a minute",
            description = "Of those whose evaluators are of type remote, in the order of their priority.")
    @ApiResponse(responseCode = "200", description = "The trials")
    @ApiResponse(
            responseCode = "204",
            description = "None now; Retry-After says when to ask",
            headers = @Header(name = HttpHeaders.RETRY_AFTER, schema = @Schema(type = "integer")),
            content = @Content)
    ResponseEntity<LoansView> askAny(@RequestBody AskRequest request) throws InterruptedException {
        return answer(
                request, () -> trials.ask(request.wantedEvaluators(), request.clientName(), request.wantedCount()));
    }

    @PostMapping(path = "/suggest", consumes = MediaType.APPLICATION_JSON_VALUE)
    @Operation(
            summary = "Says which length to measure next, and where the best one lies",
            description = "Of points that were measured anywhere, by the model of the metric that searches use. Nothing"
                    + " is stored.")
    SuggestView suggest(@RequestBody SuggestRequest request) {
        return request.suggestion();
    }

    /** Virtual threads wait, which cost nothing. */
    private ResponseEntity<LoansView> answer(AskRequest request, Supplier<List<Loan>> ask) throws InterruptedException {
        Duration patience = request.patience();
        for (Duration waited = Duration.ZERO; ; waited = waited.plus(PAUSE)) {
            List<Loan> loans = ask.get();
            if (!loans.isEmpty()) return ResponseEntity.ok(LoansView.of(loans));
            if (waited.compareTo(patience) >= 0 || events.isClosing())
                return ResponseEntity.noContent()
                        .header(HttpHeaders.RETRY_AFTER, SECONDS_TO_NEXT)
                        .build();
            Thread.sleep(PAUSE);
        }
    }

    @PostMapping(path = "/leases/{lease}/heartbeat", consumes = MediaType.APPLICATION_JSON_VALUE)
    @Operation(
            summary = "Extends a lease to a minute from now",
            description = "Needs no token, as the lease is a secret. What it says of progress and output is shown as"
                    + " the trial's log.")
    HeartbeatView heartbeat(
            @PathVariable String lease, @RequestBody(required = false) @Nullable HeartbeatRequest body) {
        HeartbeatRequest said = body == null ? new HeartbeatRequest(null, null) : body;
        return HeartbeatView.of(trials.extend(lease, said.output()));
    }

    @PostMapping(
            path = "/leases/{lease}/images",
            consumes = {"image/*", MediaType.APPLICATION_OCTET_STREAM_VALUE})
    @Operation(
            summary = "Keeps an image of a trial",
            description =
                    "A PNG or JPEG file of at most 8 MiB and 2^24 pixels, made smaller where it has more than 1024 on"
                            + " a side. As many of a trial as phema.samples says; one of the same name is"
                            + " replaced. Needs no token, as the lease is a secret.",
            requestBody =
                    @io.swagger.v3.oas.annotations.parameters.RequestBody(
                            required = true,
                            content = {
                                @Content(mediaType = "image/*", schema = @Schema(type = "string", format = "binary")),
                                @Content(
                                        mediaType = MediaType.APPLICATION_OCTET_STREAM_VALUE,
                                        schema = @Schema(type = "string", format = "binary"))
                            }))
    PictureView image(
            @PathVariable String lease,
            @Parameter(description = "the seed, or a word of up to 64 letters, digits and _ . -") @RequestParam
                    String name,
            @Parameter(hidden = true) InputStream body)
            throws IOException {
        return PictureView.of(trials.addPicture(lease, name, body));
    }

    @PostMapping(path = "/leases/{lease}/tell", consumes = MediaType.APPLICATION_JSON_VALUE)
    @Operation(
            summary = "Ends a trial with its metrics, or with an error",
            description = "Exactly once: 409 where the lease ran out, the trial was cancelled, or something else was"
                    + " told before. The same may be told again. An error is tried once more, by whoever asks next."
                    + " Needs no token, as the lease is a secret.")
    TrialView tell(@PathVariable String lease, @RequestBody TellRequest body) {
        return TrialView.of(trials.tell(lease, body.told()));
    }
}
