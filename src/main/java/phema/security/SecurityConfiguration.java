package phema.security;

import static org.springframework.http.HttpMethod.GET;
import static org.springframework.http.HttpMethod.HEAD;
import static org.springframework.http.HttpMethod.OPTIONS;
import static org.springframework.http.HttpMethod.POST;
import static org.springframework.security.web.servlet.util.matcher.PathPatternRequestMatcher.pathPattern;

import jakarta.servlet.DispatcherType;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.http.HttpStatus;
import org.springframework.security.authentication.AuthenticationProvider;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configurers.AbstractHttpConfigurer;
import org.springframework.security.config.annotation.web.configurers.AuthorizeHttpRequestsConfigurer;
import org.springframework.security.config.annotation.web.configurers.HeadersConfigurer;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.authentication.UsernamePasswordAuthenticationFilter;
import org.springframework.security.web.firewall.HttpFirewall;
import org.springframework.security.web.firewall.RequestRejectedHandler;
import org.springframework.security.web.firewall.StrictHttpFirewall;
import org.springframework.security.web.header.HeaderWriterFilter;
import org.springframework.security.web.header.writers.CrossOriginOpenerPolicyHeaderWriter.CrossOriginOpenerPolicy;
import org.springframework.security.web.header.writers.CrossOriginResourcePolicyHeaderWriter.CrossOriginResourcePolicy;
import org.springframework.security.web.header.writers.ReferrerPolicyHeaderWriter.ReferrerPolicy;
import phema.time.Ticker;

/** Provides the one chain of filters that every request goes through. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnWebApplication
@EnableConfigurationProperties(SecurityProperties.class)
class SecurityConfiguration {
    private static final String SIGN_OUT = "/sign-out";

    /** The policy for answers that bring no policy of their own: pages do. */
    private static final String POLICY =
            "frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'";

    @Bean
    static BeanFactoryPostProcessor listening(Environment environment) {
        return beans -> Listening.check(environment);
    }

    @Bean
    Tokens tokens(SecurityProperties properties) {
        return new Tokens(properties.tokens());
    }

    @Bean
    AuthenticationProvider tokenSignIn(Tokens tokens) {
        return new TokenSignIn(tokens);
    }

    @Bean
    SecurityFilterChain filters(HttpSecurity http, Tokens tokens, SecurityProperties properties, Ticker ticker)
            throws Exception {
        http.csrf(AbstractHttpConfigurer::disable) // BrowserGuard does it
                .requestCache(AbstractHttpConfigurer::disable) // or everyone could make us keep sessions
                .httpBasic(AbstractHttpConfigurer::disable)
                .headers(headers -> headers(headers, !tokens.isEmpty()))
                .exceptionHandling(errors -> errors.authenticationEntryPoint(SecurityConfiguration::unauthorized)
                        .accessDeniedHandler((request, response, e) -> Refusal.send(
                                request,
                                response,
                                HttpStatus.FORBIDDEN,
                                "This needs a token with the role write; yours may only read")))
                .authorizeHttpRequests(rules -> rules(rules, tokens))
                .addFilterAfter(new BrowserGuard(tokens.isEmpty() && !properties.open()), HeaderWriterFilter.class)
                .addFilterBefore(new BearerFilter(tokens), UsernamePasswordAuthenticationFilter.class)
                .addFilterAfter(new LimitFilter(properties, ticker), BearerFilter.class);
        if (tokens.isEmpty()) http.formLogin(AbstractHttpConfigurer::disable).logout(AbstractHttpConfigurer::disable);
        else
            http.formLogin(form -> form.loginPage(SignInController.PATH)
                            .passwordParameter("token")
                            .defaultSuccessUrl("/", true)
                            // Spring's own would keep the failure in a session, for whoever sends a wrong token.
                            .failureHandler((request, response, e) ->
                                    response.sendRedirect(SignInController.address(request) + "?error")))
                    .logout(form -> form.logoutRequestMatcher(pathPattern(POST, SIGN_OUT))
                            .logoutSuccessUrl(SignInController.PATH));
        return http.build();
    }

    private static void headers(HeadersConfigurer<HttpSecurity> headers, boolean confidential) {
        headers.cacheControl(HeadersConfigurer.CacheControlConfig::disable) // it would forbid what ETags are for
                .frameOptions(HeadersConfigurer.FrameOptionsConfig::deny)
                // With less, forms over plain HTTP would come without the origin that BrowserGuard asks for.
                .referrerPolicy(policy -> policy.policy(ReferrerPolicy.SAME_ORIGIN))
                .contentSecurityPolicy(policy -> policy.policyDirectives(POLICY))
                .crossOriginOpenerPolicy(policy -> policy.policy(CrossOriginOpenerPolicy.SAME_ORIGIN))
                .crossOriginResourcePolicy(policy -> policy.policy(CrossOriginResourcePolicy.SAME_ORIGIN))
                .addHeaderWriter((request, response) -> {
                    if (confidential && response.getHeader("Cache-Control") == null)
                        response.setHeader("Cache-Control", "private, no-store");
                });
    }

    private static void rules(
            AuthorizeHttpRequestsConfigurer<HttpSecurity>.AuthorizationManagerRequestMatcherRegistry rules,
            Tokens tokens) {
        String read = Role.READ.name();
        String write = Role.WRITE.name();
        // The request itself was asked about before.
        rules.dispatcherTypeMatchers(
                        DispatcherType.ASYNC, DispatcherType.ERROR, DispatcherType.FORWARD, DispatcherType.INCLUDE)
                .permitAll();
        if (tokens.isEmpty()) {
            rules.anyRequest().permitAll();
            return;
        }
        rules.requestMatchers(SignInController.PATH, SIGN_OUT, "/actuator/health/**", "/webjars/**", "/favicon.ico")
                .permitAll()
                // A lease is a secret itself, and whoever holds it may use it.
                .requestMatchers(pathPattern(POST, "/api/v1/leases/**"))
                .permitAll()
                .requestMatchers(pathPattern(GET, "/**"), pathPattern(HEAD, "/**"), pathPattern(OPTIONS, "/**"))
                .hasAuthority(read)
                // Questions with a body.
                .requestMatchers(
                        pathPattern(POST, "/api/v1/runs/{run}/fits"),
                        pathPattern(POST, "/api/v1/runs/{run}/rescan"),
                        pathPattern(POST, "/api/v1/suggest"),
                        pathPattern(POST, "/api/models/{owner}/{run}/paths-info/**"))
                .hasAuthority(read)
                .anyRequest()
                .hasAuthority(write);
    }

    private static void unauthorized(
            HttpServletRequest request, HttpServletResponse response, AuthenticationException e) throws IOException {
        if (request.getMethod().equals("GET") && Refusal.isForAPage(request)) {
            response.setStatus(HttpStatus.FOUND.value());
            response.setHeader("Location", SignInController.address(request));
            return;
        }
        response.setHeader("WWW-Authenticate", "Bearer realm=\"phema\"");
        Refusal.send(
                request,
                response,
                HttpStatus.UNAUTHORIZED,
                "This needs a token: send it as Authorization: Bearer TOKEN, or set HF_TOKEN for Hugging Face clients");
    }

    /** Names of tensors and revisions may hold what paths in other applications may not. */
    @Bean
    HttpFirewall firewall() {
        StrictHttpFirewall firewall = new StrictHttpFirewall();
        firewall.setAllowUrlEncodedSlash(true);
        firewall.setAllowUrlEncodedDoubleSlash(true);
        firewall.setAllowUrlEncodedPercent(true);
        firewall.setAllowUrlEncodedPeriod(true);
        firewall.setUnsafeAllowAnyHttpMethod(true);
        return firewall;
    }

    /**
     * Told of what the firewall refuses at once, and of names and values that it refuses when somebody asks for them,
     * however late.
     */
    @Bean
    RequestRejectedHandler malformed() {
        return (request, response, e) -> {
            if (!response.isCommitted()) response.resetBuffer();
            Refusal.send(
                    request,
                    response,
                    HttpStatus.BAD_REQUEST,
                    "the request is malformed: its path, a header, or the name of a parameter"
                            + " holds what none may hold");
        };
    }
}
