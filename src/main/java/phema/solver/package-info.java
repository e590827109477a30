/**
 * From profiles to coefficients: the paper's least squares, and the best linear unbiased predictor with its trajectory
 * model.
 */
@ApplicationModule(allowedDependencies = {"problem", "profile", "tensor", "text"})
@NullMarked
package phema.solver;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
