package phema.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.Yaml;
import phema.security.Tokens;

class TokenCommandTest {
    @Test
    void printsATokenAndTheConfigurationThatKnowsItsHash() {
        String out = Shell.phema("token", "--name", "nightly's job", "--role", "write")
                .fine()
                .out();
        String token = out.lines().findFirst().orElseThrow();
        Map<String, List<Map<String, String>>> configuration = new Yaml().load(out.substring(token.length()));
        assertThat(configuration.get("phema.security.tokens"))
                .containsExactly(Map.of("name", "nightly's job", "role", "write", "hash", Tokens.hash(token)));
        assertThat(out.substring(token.length())).doesNotContain(token);
    }

    @Test
    void readsUnlessToldOtherwise() {
        assertThat(Shell.phema("token", "--name", "ci").fine().out()).contains("role: read");
        assertThat(Shell.phema("token --name ci --role admin").complaint()).contains("[read, write]");
    }
}
