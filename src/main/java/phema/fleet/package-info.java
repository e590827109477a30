/** Work that is shared among processes through the database: its queue, the workers and their heartbeats, clocks that differ, outages. Knows nothing of what the work is. */
@ApplicationModule(allowedDependencies = {})
@NullMarked
package phema.fleet;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
