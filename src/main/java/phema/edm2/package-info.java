/** The EDM2 network (arXiv 2312.02696), its training, sampling and evaluation. Only what computes loads ND4J; specifications and tensor lists do not. */
@ApplicationModule(allowedDependencies = {"format", "problem", "profile", "storage", "tensor", "text"})
@NullMarked
package phema.edm2;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
