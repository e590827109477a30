package phema.solver;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.DoubleStream;
import phema.profile.Decay;
import phema.profile.PowerDecay;
import phema.profile.Profile;

/**
 * Holds what a run's files say of how its weights moved, which of them contradict the others, and how far combinations
 * of them are from a target.
 *
 * @param surprises by file
 * @param other where another run's files begin; empty where all are of one
 * @param withoutOdd the same files less odd ones; empty where there are none, or too few others
 */
record RunModel(
        StoredAverages stored,
        double meanSquare,
        TrajectoryModel all,
        List<Double> surprises,
        List<OddFile> odd,
        Doubts doubts,
        Optional<OtherRun> other,
        Optional<Solver> withoutOdd) {
    /** The factor by which averages may forget faster or slower than stated where nothing else tells. */
    private static final double MISSTATED = 1.1;

    /** @param stored two or more, not all alike */
    static RunModel of(StoredAverages stored, double meanSquare) {
        TrajectoryModel all = TrajectoryModel.of(stored.all());
        List<Double> surprises = all.surprises();
        Optional<Doubt> order = FileOrder.doubt(stored.all());
        boolean suspicious = surprises.stream().anyMatch(s -> s > OddFiles.SUSPICIOUS);
        Doubts stated =
                order.map(doubt -> new Doubts(List.of(doubt), all.fit())).orElseGet(() -> Doubts.of(all, suspicious));
        // Files beside such a place seem odd, what is stated wrong, and a common beginning in the middle of an order.
        Optional<OtherRun> other = OtherRun.among(stored.all())
                .filter(found -> stated.told().stream().allMatch(doubt -> doubt.nats() < found.nats()));
        if (other.isPresent() || order.isPresent()) {
            Doubts doubts = other.map(found -> new Doubts(List.of(found.doubt()), all.fit()))
                    .orElse(stated);
            return new RunModel(stored, meanSquare, all, surprises, List.of(), doubts, other, Optional.empty());
        }
        List<OddFile> odd = OddFiles.among(stored.all(), surprises, meanSquare);
        // A wrong statement makes files odd that are not.
        if (odd.isEmpty() || stated.explains(odd))
            return new RunModel(stored, meanSquare, all, surprises, List.of(), stated, other, Optional.empty());
        List<StoredAverage> others = new ArrayList<>(stored.all());
        odd.reversed().forEach(o -> others.remove(o.file()));
        var withoutOdd = new Solver(others);
        List<Doubt> doubts = withoutOdd.model().map(m -> m.doubts().told()).orElse(List.of());
        return new RunModel(
                stored, meanSquare, all, surprises, odd, new Doubts(doubts, all.fit()), other, Optional.of(withoutOdd));
    }

    Predictor predictor() {
        return all.predictor();
    }

    MovementFit fit() {
        return all.fit();
    }

    /** The geometric mean, over files, of actual over predicted errors. */
    double actualToPredicted() {
        return actualToPredicted(surprises);
    }

    static double actualToPredicted(List<Double> surprises) {
        return Math.exp(surprises.stream()
                .mapToDouble(s -> Math.log(Math.max(s, Double.MIN_NORMAL)) / 2)
                .average()
                .orElseThrow());
    }

    /** Of a combination scaled to coefficients that sum to one. */
    double variance(Profile target, Solution x) {
        double variance = predictor().variance(x.normalised().coefficients(), target);
        if (!Double.isFinite(variance)) throw Solver.tooSteep(target);
        return variance;
    }

    /**
     * Coefficients that do not sum to one shrink or stretch the weights themselves as well. Where files contradict what
     * is stated of them, the error is that of what is likelier. What is of another run is wrong by what lies between.
     */
    double relativeError(Profile target, double variance, Solution x) {
        double likelier =
                doubts.variance(all, x.normalised().coefficients(), target).orElse(0);
        double ofOther = other.map(found ->
                        found.variance(stored.profiles(), x.normalised().coefficients(), target))
                .orElse(0.0);
        double worst = Math.max(likelier, varianceIfMisstated(target, x));
        double excess = x.sum() - 1;
        return Math.sqrt((Math.max(variance, worst) + ofOther) / meanSquare + excess * excess);
    }

    /** The same if averages forget otherwise than stated; 0 where that matters little, or would show. */
    private double varianceIfMisstated(Profile target, Solution x) {
        if (!(x.norm() > Solver.LARGEST_NORM)) return 0;
        Optional<Decay> decay = unconfirmed();
        if (decay.isEmpty()) return 0;
        return DoubleStream.of(MISSTATED, 1 / MISSTATED)
                .map(factor -> new Doubts(
                                List.of(),
                                List.of(new Doubts.Change(new Restatement.Slower(decay.get()), factor)),
                                fit())
                        .variance(all, x.normalised().coefficients(), target)
                        .orElseThrow())
                .max()
                .orElseThrow();
    }

    /**
     * How all files forget: alone, they are as likely with another decay, so that nothing confirms it. That of the
     * paper's averages is known by their names.
     */
    Optional<Decay> unconfirmed() {
        List<Optional<Decay>> decays =
                stored.profiles().stream().map(Decay::of).distinct().toList();
        return decays.size() == 1
                ? decays.getFirst().filter(decay -> !(decay instanceof PowerDecay))
                : Optional.empty();
    }
}
