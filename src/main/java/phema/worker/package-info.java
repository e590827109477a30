/** The EDM2 network (arXiv 2312.02696), its training and its sampling. Only what computes loads ND4J; specifications and tensor lists do not. */
@ApplicationModule(allowedDependencies = {"format", "profile", "tensor", "problem"})
@NullMarked
package phema.worker;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
