package phema.api;

import phema.fleet.LeftAlone;

/**
 * Says that a worker leaves work to others.
 *
 * @param worker its name
 * @param task evaluation or synthesis; empty for all there is
 * @param work id of the sweep or synthesis; empty for all there is
 * @param reason what differs with that worker, in one line
 */
public record LeftAloneView(String worker, String task, String work, String reason) {
    public static LeftAloneView of(LeftAlone left) {
        return new LeftAloneView(left.worker(), left.task(), left.work(), left.reason());
    }
}
