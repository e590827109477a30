package phema.security;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import phema.security.SecurityProperties.Token;

class TokensTest {
    /** The first example of FIPS 180-4's SHA-256. */
    private static final String HASH_OF_ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    @Test
    void areKnownByTheirHashes() {
        assertThat(Tokens.hash("abc")).isEqualTo(HASH_OF_ABC);
        Tokens tokens = new Tokens(
                List.of(new Token("ci", Role.READ, Tokens.hash("other")), new Token("me", Role.WRITE, HASH_OF_ABC)));
        assertThat(tokens.find("abc")).map(Token::name).contains("me");
        for (String wrong : List.of("", "abd", "ABC", "abc ", HASH_OF_ABC))
            assertThat(tokens.find(wrong)).isEmpty();
    }

    @Test
    void cannotBeGuessed() {
        assertThat(Stream.generate(Tokens::random).limit(1000))
                .doesNotHaveDuplicates()
                .allMatch(token -> token.matches("phema_[A-Za-z0-9_-]{43}"));
    }
}
