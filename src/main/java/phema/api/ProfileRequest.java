package phema.api;

import io.swagger.v3.oas.annotations.media.Schema;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import phema.catalog.Run;
import phema.problem.Problem;
import phema.profile.Exponential;
import phema.profile.Impulse;
import phema.profile.Mixture;
import phema.profile.Power;
import phema.profile.Profile;
import phema.profile.ProfileSpec;
import phema.profile.Uniform;
import phema.synthesis.WeightsReference;

/**
 * Asks for a profile. Each kind has fields of its own; those of others are refused.
 *
 * @param kind power without any; spec for all that {@code spec} can say
 * @param sigmaRel of power: its width
 * @param gamma of power: its exponent, instead of the width
 * @param halfLife of exponential, in units of the training job's clock
 * @param decay of exponential, instead of the half-life: what is left of a weight after one unit of time
 * @param window of uniform: how long before its end it begins
 * @param parts of mixture; their weights sum to 1
 * @param spec of spec: a profile as {@link ProfileSpec} reads it, like {@code ema:0.9999,warmup=10}
 * @param time where it ends, on the training job's clock; the run's newest snapshot where none is given. A mixture ends
 *     with its last part.
 */
public record ProfileRequest(
        @Schema(
                allowableValues = {"power", "exponential", "uniform", "impulse", "mixture", "spec"},
                defaultValue = "power")
        @Nullable
        String kind,

        @Schema(example = "0.1") @Nullable Double sigmaRel,

        @Nullable Double gamma,
        @Nullable Double halfLife,
        @Nullable Double decay,
        @Nullable Double window,
        @Nullable List<@Nullable PartRequest> parts,

        @Schema(example = "ema:0.9999,warmup=10") @Nullable String spec,

        @Nullable Double time) {
    private static final int MOST = 1000;

    /** A part of a mixture. */
    record PartRequest(
            @Schema(requiredMode = Schema.RequiredMode.REQUIRED) @Nullable
            Double weight,

            @Schema(requiredMode = Schema.RequiredMode.REQUIRED) @Nullable
            ProfileRequest target) {}

    public static ProfileRequest power(@Nullable Double sigmaRel, @Nullable Double time) {
        return new ProfileRequest("power", sigmaRel, null, null, null, null, null, null, time);
    }

    /** The field {@code targets} of a request. */
    public static List<Profile> profiles(Run run, @Nullable List<@Nullable ProfileRequest> targets) {
        if (targets == null || targets.isEmpty() || targets.size() > MOST)
            throw Problem.invalid("targets", "targets must hold 1 to " + MOST + " profiles");
        List<Profile> profiles = new ArrayList<>();
        for (int i = 0; i < targets.size(); i++) {
            String field = "targets[" + i + "]";
            ProfileRequest target = targets.get(i);
            if (target == null) throw Problem.invalid(field, field + " is null");
            profiles.add(target.profile(run, field + "."));
        }
        return profiles;
    }

    /** @param field where this target stands in its request: empty, or like {@code targets[0].} */
    public Profile profile(Run run, String field) {
        return switch (kind == null ? "power" : kind) {
            case "power" -> {
                String given = one(field, "sigmaRel", "gamma");
                double end = end(run, time, field);
                yield made(
                        field + given,
                        () -> gamma == null ? Power.ofSigmaRel(number(sigmaRel), end) : new Power(gamma, end));
            }
            case "exponential" -> {
                String given = one(field, "halfLife", "decay");
                double end = end(run, time, field);
                yield made(
                        field + given,
                        () -> decay == null
                                ? Exponential.ofHalfLife(number(halfLife), end)
                                : Exponential.ofDecay(decay, end));
            }
            case "uniform" -> {
                String given = one(field, "window");
                double end = end(run, time, field);
                yield made(field + given, () -> new Uniform(number(window), end));
            }
            case "impulse" -> {
                one(field);
                yield new Impulse(end(run, time, field));
            }
            case "mixture" -> {
                one(field, "parts");
                yield mixture(run, Objects.requireNonNull(parts), field);
            }
            case "spec" -> {
                one(field, "spec");
                double end = end(run, time, field);
                yield made(field + "spec", () -> ProfileSpec.parse(Objects.requireNonNull(spec), end));
            }
            default ->
                throw Problem.invalid(
                        field + "kind",
                        "Unknown kind of profile " + kind
                                + "; there are power, exponential, uniform, impulse, mixture, spec");
        };
    }

    private Profile mixture(Run run, List<@Nullable PartRequest> parts, String field) {
        if (time != null)
            throw Problem.invalid(
                    field + "time", field + "time: a mixture ends with its last part; give times to its parts");
        List<Mixture.MixturePart> read = new ArrayList<>();
        for (int i = 0; i < parts.size(); i++) {
            String path = field + "parts[" + i + "]";
            PartRequest part = parts.get(i);
            if (part == null || part.target == null || part.weight == null)
                throw Problem.invalid(path, path + " needs a weight and a target");
            double weight = part.weight;
            Profile profile = part.target.profile(run, path + ".target.");
            read.add(made(path + ".weight", () -> new Mixture.MixturePart(weight, profile)));
        }
        return made(field + "parts", () -> Mixture.wanted(read));
    }

    /** Says where a profile ends: at {@code time}, or at the run's newest snapshot. */
    public static double end(Run run, @Nullable Double time, String field) {
        return WeightsReference.end(field + "time", run, Optional.ofNullable(time));
    }

    /** @return which one of the fields that say the same is given, the first of which is the usual one */
    private String one(String field, String... alternatives) {
        Map<String, @Nullable Object> all = new LinkedHashMap<>();
        all.put("sigmaRel", sigmaRel);
        all.put("gamma", gamma);
        all.put("halfLife", halfLife);
        all.put("decay", decay);
        all.put("window", window);
        all.put("parts", parts);
        all.put("spec", spec);
        List<String> wanted = List.of(alternatives);
        all.forEach((name, value) -> {
            if (value != null && !wanted.contains(name))
                throw Problem.invalid(
                        field + name,
                        field + name + " is not a field of " + (kind == null ? "power" : kind) + " profiles");
        });
        List<String> given =
                wanted.stream().filter(name -> all.get(name) != null).toList();
        if (given.size() > 1)
            throw Problem.invalid(
                    field + given.getLast(),
                    field + given.getLast() + " and " + given.getFirst() + " exclude each other");
        if (given.isEmpty() && !wanted.isEmpty())
            throw Problem.invalid(field + wanted.getFirst(), field + wanted.getFirst() + " is missing");
        return given.isEmpty() ? "" : given.getFirst();
    }

    private static double number(@Nullable Double value) {
        return Objects.requireNonNull(value);
    }

    private static <T> T made(String field, Supplier<T> profile) {
        try {
            return profile.get();
        } catch (IllegalArgumentException outOfRange) {
            throw Problem.invalid(field, field + ": " + outOfRange.getMessage());
        }
    }
}
