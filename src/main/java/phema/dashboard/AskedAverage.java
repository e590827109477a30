package phema.dashboard;

import java.util.Optional;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import phema.catalog.Run;
import phema.evaluation.LengthFields;
import phema.problem.Problem;
import phema.profile.Profile;
import phema.profile.ProfileFamily;
import phema.synthesis.WeightsReference;

/**
 * Holds what the address of a run's page says of the average that it shows.
 *
 * @param sigmaRel the length of one of the paper's
 * @param profile a family, or a profile of any kind; the paper's family where it is empty
 * @param length of that family
 */
record AskedAverage(Optional<Double> sigmaRel, Optional<String> profile, Optional<Double> length) {
    /** @throws Problem naming the field where two of them say what the average is */
    AskedAverage {
        boolean family = profile.map(AskedAverage::isFamily).orElse(true);
        if (sigmaRel.isPresent() && length.isPresent())
            throw Problem.invalid(LengthFields.SIGMA_REL, "sigmaRel and length: give one of them");
        if (sigmaRel.isPresent()
                && profile.filter(asked -> !asked.equals(ProfileFamily.POWER.template()))
                        .isPresent())
            throw Problem.invalid(
                    LengthFields.SIGMA_REL,
                    "sigmaRel and profile: give one of them; the length of a"
                            + " family such as decay:cosine:{} is length");
        if (length.isPresent() && !family)
            throw Problem.invalid(
                    LengthFields.LENGTH,
                    "length: the profile " + profile.orElseThrow() + " says all; leave length"
                            + " out, or give a family such as decay:cosine:{}");
    }

    static AskedAverage of(@Nullable Double sigmaRel, @Nullable String profile, @Nullable Double length) {
        return new AskedAverage(
                Optional.ofNullable(sigmaRel), Optional.ofNullable(profile), Optional.ofNullable(length));
    }

    private static boolean isFamily(String profile) {
        return profile.contains("{}");
    }

    /**
     * @param usual the length where none is asked for
     * @throws Problem naming the field where there is no such average
     */
    ShownAverage at(Run run, double end, ToDoubleFunction<SliderFamily> usual) {
        String asked = profile.orElse(ProfileFamily.POWER.template());
        if (isFamily(asked)) {
            SliderFamily family = SliderFamily.of(run, end, asked);
            double wanted = sigmaRel.or(() -> length).orElseGet(() -> usual.applyAsDouble(family));
            return on(
                    family,
                    wanted,
                    family.profile(length.isPresent() ? LengthFields.LENGTH : family.field(), wanted, end));
        }
        Profile target = WeightsReference.profile(LengthFields.PROFILE, asked, end);
        return ProfileFamily.find(asked)
                .map(family -> on(SliderFamily.of(run, end, family), family.length(asked), target))
                .orElseGet(() -> new ShownAverage(asked, target, Optional.empty()));
    }

    private static ShownAverage on(SliderFamily family, double length, Profile target) {
        return new ShownAverage(family.spec(length), target, Optional.of(new ShownAverage.SliderPlace(family, length)));
    }
}
