package phema.security;

import jakarta.validation.Valid;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Positive;
import java.util.List;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;
import phema.text.ByteSize;

/**
 * Says who may use the service.
 *
 * @param tokens whose bearers may use it; everyone may when there are none
 * @param open whether it may listen on other addresses than localhost without tokens
 * @param rate requests of one client per second in the long run; ten seconds' worth may come at once
 * @param concurrent requests of one client at the same time
 * @param concurrentInAll requests of all clients at the same time
 * @param maxBody size of a request's body
 */
@Validated
@ConfigurationProperties("phema.security")
record SecurityProperties(
        @DefaultValue List<@Valid Token> tokens,
        @DefaultValue("false") boolean open,
        @DefaultValue("100") @Positive int rate,
        @DefaultValue("64") @Positive int concurrent,
        @DefaultValue("512") @Positive int concurrentInAll,
        @DefaultValue("1MiB") ByteSize maxBody) {
    /**
     * What the service knows of a token.
     *
     * @param name of its bearer, for logs
     * @param hash the token's SHA-256, in hex
     */
    record Token(
            @NotBlank String name,
            @NotNull Role role,

            @NotNull
            @Pattern(regexp = "[0-9a-f]{64}", message = "must be 64 lower-case hex digits; phema token prints them")
            String hash) {}

    SecurityProperties {
        tokens = List.copyOf(tokens);
    }
}
