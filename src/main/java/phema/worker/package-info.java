/** The EDM2 network (arXiv 2312.02696), its training, sampling and evaluation. Only what computes loads ND4J; specifications and tensor lists do not. */
@ApplicationModule(allowedDependencies = {"format", "metrics", "profile", "tensor", "storage", "problem"})
@NullMarked
package phema.worker;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
