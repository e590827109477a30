package phema.security;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import phema.time.Ticker;

/**
 * Holds token buckets, one for each client, of those clients that came last: requests beyond the rate have to wait once
 * a burst of ten seconds is used up.
 */
final class Buckets {
    private static final int MOST_CLIENTS = 10_000;
    private static final double BURST_SECONDS = 10;

    private final double rate;
    private final Ticker ticker;
    private final Map<String, Bucket> buckets = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Bucket> eldest) {
            return size() > MOST_CLIENTS;
        }
    };

    /** @param left requests that may come at once at the time {@code since} */
    private record Bucket(double left, long since) {}

    /** @param rate per second */
    Buckets(double rate, Ticker ticker) {
        this.rate = rate;
        this.ticker = ticker;
    }

    /**
     * Takes a request into account. @return how long the client must wait before it comes again; empty when it need not
     */
    synchronized Optional<Duration> take(String client) {
        long now = ticker.read();
        Bucket before = buckets.getOrDefault(client, new Bucket(rate * BURST_SECONDS, now));
        double left = Math.min(rate * BURST_SECONDS, before.left + rate * (now - before.since) / 1e9);
        boolean granted = left >= 1;
        buckets.put(client, new Bucket(granted ? left - 1 : left, now));
        return granted ? Optional.empty() : Optional.of(Duration.ofNanos((long) ((1 - left) / rate * 1e9)));
    }
}
