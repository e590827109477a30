/**
 * Who may ask the service for what, how often, and from where.
 *
 * <ol>
 *   <li>{@code SecurityConfiguration}: the chain of filters, and what each {@code Role} may.
 *   <li>{@code Bearer}, {@code BearerFilter}, {@code Tokens}: tokens, of which only hashes are configured.
 *   <li>{@code SignInController}: a token for a browser's session.
 *   <li>{@code LimitFilter}, {@code LimitedBody}, {@code SilentClients}: how often, how much, and for how long.
 *   <li>{@code BrowserGuard}: other sites' pages, and names that lead here.
 * </ol>
 */
@ApplicationModule(allowedDependencies = {"digest", "problem", "text", "time"})
@NullMarked
package phema.security;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
