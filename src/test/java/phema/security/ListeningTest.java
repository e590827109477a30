package phema.security;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.core.env.Environment;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;
import phema.problem.Problem;

class ListeningTest {
    private static Environment environment(String settings) {
        Map<String, Object> values = new HashMap<>();
        for (String setting : settings.split(" ")) {
            int equals = setting.indexOf('=');
            if (equals > 0) values.put(setting.substring(0, equals), setting.substring(equals + 1));
        }
        StandardEnvironment environment = new StandardEnvironment();
        environment.getPropertySources().addFirst(new MapPropertySource("test", values));
        return environment;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "server.address=",
                "server.address=0.0.0.0",
                "server.address=::",
                "server.address=192.0.2.1",
                "server.address=127.0.0.1 management.server.port=9000",
                "server.address=127.0.0.1 management.server.port=9000 management.server.address=0.0.0.0"
            })
    void toOtherMachinesNeedsTokens(String settings) {
        assertThatThrownBy(() -> Listening.check(environment(settings)))
                .isInstanceOf(Problem.class)
                .hasMessageContainingAll("server.address", "phema.security.tokens", "phema.security.open=true")
                .message()
                .doesNotContain("\n");
        assertThatCode(() -> Listening.check(environment(settings + " phema.security.open=true")))
                .doesNotThrowAnyException();
        String token =
                " phema.security.tokens[0].name=a phema.security.tokens[0].role=read phema.security.tokens[0].hash="
                        + Tokens.hash("abc");
        assertThatCode(() -> Listening.check(environment(settings + token))).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "127.9.9.9", "::1", "localhost"})
    void toThisMachineNeedsNone(String address) {
        assertThatCode(() -> Listening.check(environment("server.address=" + address)))
                .doesNotThrowAnyException();
    }
}
