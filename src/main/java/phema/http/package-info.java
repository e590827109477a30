/**
 * How answers go over HTTP, whoever gives them: computed files by RFC 9110, with ranges and preconditions, and failures
 * as problem details (RFC 9457).
 *
 * <p>Spring's own handling of ranges is not used; {@code docs/decisions} and the tests, section by section of the RFC,
 * say why.
 *
 * <ol>
 *   <li>{@link phema.http.ContentResponse}: a file of known size and identity, or any ranges of it.
 *   <li>{@code ByteRange}, {@code Precondition}, {@code EntityTag}: the headers.
 *   <li>{@link phema.http.Problems}: every failure of REST as a problem.
 *   <li>{@code MalformedRequests}, {@code ContainerErrors}: what fails before or beside our code.
 * </ol>
 */
@ApplicationModule(allowedDependencies = {"fleet", "format", "problem", "synthesis", "text"})
@NullMarked
package phema.http;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
