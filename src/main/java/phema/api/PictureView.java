package phema.api;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.springframework.web.util.UriUtils;
import phema.evaluation.Picture;
import phema.sweep.TrialPicture;

/**
 * Describes an image of a trial.
 *
 * @param name its seed in six digits or more, where it is one
 * @param width of the image as the evaluator gave it, in pixels; what is kept has at most 1024 on a side
 * @param height likewise
 * @param media type of what is kept
 * @param url its address, which stands for these bytes alone
 * @param thumbnail the same of at most 128 pixels on a side
 * @param problem why there is none; then the rest is null
 */
public record PictureView(
        String name,
        @Nullable Integer width,
        @Nullable Integer height,
        @Nullable String media,
        @Nullable String url,
        @Nullable String thumbnail,
        @Nullable String problem) {
    private static final int DIGITS = 16;

    public static PictureView of(TrialPicture picture) {
        if (!picture.isShown()) return new PictureView(picture.name(), null, null, null, null, null, picture.problem());
        return of(
                "/api/v1/sweeps/" + picture.sweep(),
                picture.trial(),
                picture.name(),
                picture.width(),
                picture.height(),
                picture.media(),
                picture.digest());
    }

    /** Of a sweep that a run's folder carries. @param index which of these */
    public static PictureView carried(String run, int index, int trial, Picture picture) {
        if (!picture.problem().isEmpty())
            return new PictureView(picture.name(), null, null, null, null, null, picture.problem());
        return of(
                "/api/v1/runs/" + UriUtils.encodePathSegment(run, StandardCharsets.UTF_8) + "/carried/" + index,
                trial,
                picture.name(),
                picture.width(),
                picture.height(),
                picture.media(),
                picture.digest());
    }

    private static PictureView of(
            String sweep, int trial, String name, int width, int height, String media, String digest) {
        String url = sweep + "/trials/" + trial + "/images/" + UriUtils.encodePathSegment(name, StandardCharsets.UTF_8)
                + "?v=" + digest.substring(0, DIGITS);
        return new PictureView(name, width, height, media, url, url + "&thumbnail=true", null);
    }
}
