/**
 * Time as a parameter. Whoever asks for the time of day is given a {@link java.time.InstantSource}, whoever waits,
 * limits or lets things settle a {@link phema.time.Ticker}; tests give them clocks that they move.
 */
@ApplicationModule(allowedDependencies = {})
@NullMarked
package phema.time;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
