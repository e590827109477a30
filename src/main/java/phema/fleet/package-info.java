/**
 * Work that is shared among processes through the database: its queue, the workers and their heartbeats, clocks that
 * differ, outages. Knows nothing of what the work is.
 *
 * <p>Built on db-scheduler, which decides when a worker is dead and gives its work to another one: after four missed
 * heartbeats of two seconds, as {@code application.yaml} says under {@code db-scheduler}. Work may therefore be done
 * twice, and rooms that give work see to it that this changes nothing. {@link phema.fleet.Fleet#SILENCE} says only how
 * long a worker that says nothing is still listed.
 *
 * <ol>
 *   <li>{@link phema.fleet.Queue} and {@link phema.fleet.DurableTask}: work is put in, and done.
 *   <li>{@link phema.fleet.Leases}: work that clients have, which are no processes of the fleet.
 *   <li>{@link phema.fleet.Heartbeat}: what a worker does beside its work; {@link phema.fleet.Chore}s that rooms add.
 *   <li>{@link phema.fleet.Fleet} of {@link phema.fleet.Worker}s, and what each of them leaves alone, with its reason.
 *   <li>{@link phema.fleet.Outage}, {@link phema.fleet.DatabaseRetry}, {@code ClockJumps}, {@code DriverFaults}: what
 *       goes wrong.
 * </ol>
 */
@ApplicationModule(allowedDependencies = {"problem", "time"})
@NullMarked
package phema.fleet;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
