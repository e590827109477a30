package phema.synthesis;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;

/**
 * Shares what is computed between requests for the same bytes at about the same time. The blocks that were asked for
 * last are kept, so a request takes part for as long as it is no further behind than these reach; one that is computes
 * its blocks itself, and no request ever waits for a client of another.
 */
final class SharedBlocks {
    /** @param file the identity of the file that the block is of */
    private record Place(String file, long from, int bytes) {}

    private final long most;
    private final Map<Place, Future<byte[]>> latest = new LinkedHashMap<>(16, 0.75f, true);
    private final LongAdder shared = new LongAdder();
    private long kept;

    /** @param most bytes that are kept; 0 to share nothing */
    SharedBlocks(long most) {
        this.most = most;
    }

    /** Bytes that were taken from other requests. */
    long shared() {
        return shared.sum();
    }

    /** Drops what was computed from inputs that turned out to have changed. */
    synchronized void forget(String file) {
        for (Iterator<Place> places = latest.keySet().iterator(); places.hasNext(); ) {
            Place place = places.next();
            if (!place.file.equals(file)) continue;
            kept -= place.bytes;
            places.remove();
        }
    }

    /**
     * @param compute starts to compute the block
     * @return its bytes, which nobody may change
     */
    synchronized Future<byte[]> get(String file, Block block, Supplier<Future<byte[]>> compute) {
        Place place = new Place(file, block.from(), block.bytes());
        Future<byte[]> known = latest.get(place);
        if (known != null && known.state() != Future.State.FAILED) {
            shared.add(block.bytes());
            return known;
        }
        Future<byte[]> computed = compute.get();
        if (block.bytes() > most) return computed;
        if (latest.put(place, computed) == null) kept += block.bytes();
        Iterator<Place> eldest = latest.keySet().iterator();
        while (kept > most) {
            kept -= eldest.next().bytes();
            eldest.remove();
        }
        return computed;
    }
}
