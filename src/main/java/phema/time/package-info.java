/**
 * Time as a parameter. Whoever asks for the time of day is given a {@link java.time.InstantSource}, whoever waits,
 * limits or lets things settle a {@link phema.time.Ticker}; tests give them clocks that they move.
 *
 * <p>The time of day may jump, and differs from one machine to the next: nothing that is decided by it may be wrong
 * when it does. {@code ClocksTest} lists those who look at a machine's own clocks.
 */
@ApplicationModule(allowedDependencies = {})
@NullMarked
package phema.time;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
