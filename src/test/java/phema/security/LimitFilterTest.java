package phema.security;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.servlet.FilterChain;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;
import org.springframework.security.core.context.SecurityContextHolder;
import phema.text.ByteSize;
import phema.time.SettableClock;

/** Requests within requests stand for requests at the same time. */
class LimitFilterTest {
    private static final FilterChain NOTHING = (request, response) -> {};

    private final SettableClock clock = new SettableClock();
    private final LimitFilter filter =
            new LimitFilter(new SecurityProperties(List.of(), false, 1, 2, 3, new ByteSize(1024)), clock);

    @AfterEach
    void signOut() {
        SecurityContextHolder.clearContext();
    }

    private MockHttpServletResponse from(String address, FilterChain meanwhile) {
        MockHttpServletRequest request = new MockHttpServletRequest("GET", "/api/v1/runs");
        request.setRemoteAddr(address);
        MockHttpServletResponse response = new MockHttpServletResponse();
        try {
            filter.doFilter(request, response, meanwhile);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
        return response;
    }

    @Test
    void tenSecondsWorthMayComeAtOnce() {
        for (int i = 0; i < 10; i++) assertThat(from("a", NOTHING).getStatus()).isEqualTo(200);
        MockHttpServletResponse refused = from("a", NOTHING);
        assertThat(refused.getStatus()).isEqualTo(429);
        assertThat(refused.getHeader("Retry-After")).isEqualTo("1");
        assertThat(from("b", NOTHING).getStatus()).isEqualTo(200);
        clock.pass(Duration.ofSeconds(1));
        assertThat(from("a", NOTHING).getStatus()).isEqualTo(200);
        assertThat(from("a", NOTHING).getStatus()).isEqualTo(429);
    }

    @Test
    void clientsAndAllOfThemHaveTheirMeasure() {
        from(
                "a",
                (q, r) -> from("a", (q2, r2) -> {
                    assertThat(from("a", NOTHING).getStatus()).isEqualTo(429);
                    from("b", (q3, r3) -> {
                        MockHttpServletResponse refused = from("c", NOTHING);
                        assertThat(refused.getStatus()).isEqualTo(503);
                        assertThat(refused.getHeader("Retry-After")).isEqualTo("5");
                    });
                    assertThat(from("c", NOTHING).getStatus()).isEqualTo(200);
                }));
        assertThat(from("a", NOTHING).getStatus()).isEqualTo(200);
    }

    @Test
    void whatFailsIsOver() {
        for (int i = 0; i < 5; i++) {
            try {
                from("a", (request, response) -> {
                    throw new IllegalStateException();
                });
            } catch (AssertionError expected) {
                // the filter lets it through
            }
        }
        assertThat(from("a", NOTHING).getStatus()).isEqualTo(200);
    }

    @Test
    void aTokenIsOneClientWhereverItComesFrom() {
        SecurityContextHolder.getContext()
                .setAuthentication(new Bearer(new SecurityProperties.Token("ci", Role.READ, Tokens.hash("abc"))));
        for (int i = 0; i < 10; i++)
            assertThat(from("address " + i, NOTHING).getStatus()).isEqualTo(200);
        assertThat(from("another", NOTHING).getStatus()).isEqualTo(429);
    }
}
