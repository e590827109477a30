/**
 * Digests by which files, runs, requests and tokens are told apart.
 *
 * <p>{@link phema.digest.Digest} is SHA-256 wherever something of ours is digested, and SHA-1 only where git's own ids
 * are meant. Nothing is added that would tell where one part ends and the next begins; who digests several sees to it.
 */
@ApplicationModule(allowedDependencies = {})
@NullMarked
package phema.digest;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
