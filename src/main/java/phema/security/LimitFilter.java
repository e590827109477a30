package phema.security;

import static org.springframework.http.HttpMethod.POST;
import static org.springframework.security.web.servlet.util.matcher.PathPatternRequestMatcher.pathPattern;

import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.web.util.matcher.RequestMatcher;
import org.springframework.web.filter.OncePerRequestFilter;
import phema.text.ByteSize;
import phema.time.Ticker;

/**
 * Limits how many requests a client, and all of them, may make per second and at the same time, and how large their
 * bodies may be. Who presented a token is one client wherever they call from; others go by their address. A download
 * counts until its last byte is sent.
 */
final class LimitFilter extends OncePerRequestFilter {
    private static final String HEALTH = "/actuator/health";
    private static final RequestMatcher IMAGES = pathPattern(POST, "/api/v1/leases/{lease}/images");
    private static final ByteSize MOST_OF_AN_IMAGE = new ByteSize(8 << 20);

    private final SecurityProperties limits;
    private final Buckets buckets;
    private final Map<String, Integer> running = new ConcurrentHashMap<>();
    private final AtomicInteger runningInAll = new AtomicInteger();

    LimitFilter(SecurityProperties limits, Ticker ticker) {
        this.limits = limits;
        this.buckets = new Buckets(limits.rate(), ticker);
    }

    /** Whoever watches over the service must get an answer when it is busy. */
    @Override
    protected boolean shouldNotFilter(HttpServletRequest request) {
        return Refusal.path(request).startsWith(HEALTH);
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        String client = client(request);
        Optional<Duration> wait = buckets.take(client);
        if (wait.isPresent()) {
            refuse(
                    request,
                    response,
                    HttpStatus.TOO_MANY_REQUESTS,
                    wait.get(),
                    "This client sent more than " + limits.rate() + " requests per second");
            return;
        }
        if (running.merge(client, 1, Integer::sum) > limits.concurrent()) {
            leave(client);
            refuse(
                    request,
                    response,
                    HttpStatus.TOO_MANY_REQUESTS,
                    Duration.ofSeconds(1),
                    "This client has " + limits.concurrent() + " requests under way");
            return;
        }
        if (runningInAll.incrementAndGet() > limits.concurrentInAll()) {
            leaveAll(client);
            refuse(
                    request,
                    response,
                    HttpStatus.SERVICE_UNAVAILABLE,
                    Duration.ofSeconds(5),
                    "The service is busy with " + limits.concurrentInAll() + " requests");
            return;
        }
        try {
            ByteSize most = mostOf(request);
            if (request.getContentLengthLong() > most.bytes())
                Refusal.send(request, response, HttpStatus.CONTENT_TOO_LARGE, LimitedBody.tooLarge(most));
            else chain.doFilter(new LimitedBody(request, most), response);
        } finally {
            if (request.isAsyncStarted()) request.getAsyncContext().addListener(new Leaving(client));
            else leaveAll(client);
        }
    }

    /** Images are not read before it is known that their lease is one. */
    private ByteSize mostOf(HttpServletRequest request) {
        return IMAGES.matches(request) && limits.maxBody().bytes() < MOST_OF_AN_IMAGE.bytes()
                ? MOST_OF_AN_IMAGE
                : limits.maxBody();
    }

    private static String client(HttpServletRequest request) {
        @Nullable Authentication known = SecurityContextHolder.getContext().getAuthentication();
        return known instanceof Bearer bearer ? "token " + bearer.getName() : request.getRemoteAddr();
    }

    private static void refuse(
            HttpServletRequest request, HttpServletResponse response, HttpStatus status, Duration wait, String why)
            throws IOException {
        response.setHeader("Retry-After", String.valueOf(Math.max(1, Math.ceilDiv(wait.toMillis(), 1000))));
        Refusal.send(request, response, status, why + "; try again when Retry-After says");
    }

    private void leave(String client) {
        running.computeIfPresent(client, (name, n) -> n == 1 ? null : n - 1);
    }

    private void leaveAll(String client) {
        runningInAll.decrementAndGet();
        leave(client);
    }

    /** Lets a client go whose request goes on after its thread is done with it. */
    private final class Leaving implements AsyncListener {
        private final String client;

        Leaving(String client) {
            this.client = client;
        }

        @Override
        public void onComplete(AsyncEvent event) {
            leaveAll(client);
        }

        @Override
        public void onTimeout(AsyncEvent event) {}

        @Override
        public void onError(AsyncEvent event) {}

        @Override
        public void onStartAsync(AsyncEvent event) {
            event.getAsyncContext().addListener(this);
        }
    }
}
