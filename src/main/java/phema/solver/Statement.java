package phema.solver;

import java.util.List;
import java.util.Map;
import phema.profile.Decay;
import phema.profile.Profile;

/**
 * Says what a run's files are taken for.
 *
 * @param profiles by file
 * @param decays those that others take the place of, as where one holds only for a part of the run
 */
record Statement(List<Profile> profiles, Map<Decay, Decay> decays) {
    static Statement of(List<StoredAverage> stored) {
        return new Statement(stored.stream().map(StoredAverage::profile).toList(), Map.of());
    }

    StateSpace space() {
        return new StateSpace(profiles, decays);
    }
}
