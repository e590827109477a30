package phema.web;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.headers.Header;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.time.Duration;
import java.util.List;
import org.springframework.http.CacheControl;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import phema.api.PictureView;
import phema.catalog.Catalog;
import phema.problem.Problem;
import phema.sweep.CarriedSweeps;
import phema.sweep.ResultsCsv;
import phema.sweep.Sweeps;
import phema.sweep.TrialPictures;

/** Gives the images that evaluators left, and what lies beside a run's files. */
@RestController
@RequestMapping("/api/v1")
@Tag(name = "sweeps")
class PicturesController {
    private final Sweeps sweeps;
    private final TrialPictures pictures;
    private final CarriedSweeps carried;
    private final Catalog catalog;

    /** What the addresses of images answer. */
    @Target(ElementType.METHOD)
    @Retention(RetentionPolicy.RUNTIME)
    @ApiResponse(
            responseCode = "200",
            description = "The image",
            headers = @Header(name = HttpHeaders.ETAG, schema = @Schema(type = "string")),
            content = {
                @Content(mediaType = MediaType.IMAGE_PNG_VALUE, schema = @Schema(type = "string", format = "binary")),
                @Content(mediaType = MediaType.IMAGE_JPEG_VALUE, schema = @Schema(type = "string", format = "binary"))
            })
    @ApiResponse(responseCode = "304", description = "If-None-Match names this version", content = @Content)
    private @interface ImageAnswers {}

    PicturesController(Sweeps sweeps, TrialPictures pictures, CarriedSweeps carried, Catalog catalog) {
        this.sweeps = sweeps;
        this.pictures = pictures;
        this.carried = carried;
        this.catalog = catalog;
    }

    @GetMapping(path = "/sweeps/{id}/trials/{number}/images", produces = MediaType.APPLICATION_JSON_VALUE)
    @Operation(
            summary = "What the network makes, as the evaluator left it",
            description = "By name, which is the seed where there is one. Files that were no images say so.")
    List<PictureView> pictures(@PathVariable String id, @PathVariable int number) {
        sweeps.trial(id, number);
        return pictures.of(id, number).stream().map(PictureView::of).toList();
    }

    @GetMapping(
            path = "/sweeps/{id}/trials/{number}/images/{name}",
            produces = {MediaType.IMAGE_PNG_VALUE, MediaType.IMAGE_JPEG_VALUE})
    @Operation(summary = "One image", description = "Of at most 1024 pixels on a side.")
    @ImageAnswers
    ResponseEntity<byte[]> picture(
            @PathVariable String id,
            @PathVariable int number,
            @PathVariable String name,
            @Parameter(description = "of at most 128 pixels on a side") @RequestParam(defaultValue = "false")
                    boolean thumbnail,
            @Parameter(
                            description = "the beginning of the image's digest, with which the answer may be kept for"
                                    + " good; addresses in lists have it")
                    @RequestParam(defaultValue = "")
                    String v) {
        return answer(
                pictures.content(id, number, name, thumbnail)
                        .orElseThrow(() -> Problem.unknown(
                                "name", "trial " + number + " of sweep " + id + " has no image of the name " + name)),
                v);
    }

    @GetMapping(
            path = "/runs/{run}/carried/{index}/trials/{number}/images/{name}",
            produces = {MediaType.IMAGE_PNG_VALUE, MediaType.IMAGE_JPEG_VALUE})
    @Operation(
            summary = "One image of a sweep that a run's folder carries",
            description = "Of the file sweeps.json, whose sweeps and trials are counted from 0.")
    @ImageAnswers
    ResponseEntity<byte[]> carriedPicture(
            @PathVariable String run,
            @PathVariable int index,
            @PathVariable int number,
            @PathVariable String name,
            @Parameter(description = "of at most 128 pixels on a side") @RequestParam(defaultValue = "false")
                    boolean thumbnail,
            @Parameter(description = "the beginning of the image's digest") @RequestParam(defaultValue = "") String v) {
        return answer(
                carried.find(catalog.run(run), index).stream()
                        .flatMap(sweep -> sweep.pictures().getOrDefault(number, List.of()).stream())
                        .filter(picture ->
                                picture.name().equals(name) && picture.problem().isEmpty())
                        .findFirst()
                        .map(picture -> TrialPictures.PictureContent.of(picture, thumbnail))
                        .orElseThrow(() -> Problem.unknown(
                                "name", "run " + run + " carries no image of the name " + name + " there")),
                v);
    }

    @GetMapping(path = "/runs/{run}/carried/{index}/results.csv", produces = "text/csv;charset=UTF-8")
    @Operation(
            summary = "All trials of a sweep that a run's folder carries, a line each",
            description = "Of the file sweeps.json, whose sweeps are counted from 0.")
    String carriedResults(@PathVariable String run, @PathVariable int index) {
        return ResultsCsv.of(carried.sweep(catalog.run(run), index).trials());
    }

    private static ResponseEntity<byte[]> answer(TrialPictures.PictureContent content, String v) {
        CacheControl kept = !v.isEmpty() && content.tag().startsWith(v)
                ? CacheControl.maxAge(Duration.ofDays(365)).cachePrivate().immutable()
                : CacheControl.noCache().cachePrivate();
        return ResponseEntity.ok()
                .eTag(content.tag())
                .cacheControl(kept)
                .contentType(MediaType.parseMediaType(content.media()))
                .body(content.bytes());
    }
}
