package phema.security;

import java.net.InetAddress;
import java.net.UnknownHostException;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.core.env.Environment;
import phema.problem.Problem;

/** Keeps a service without tokens from becoming public by accident. */
final class Listening {
    private Listening() {}

    /** @throws Problem when other machines could reach a service that asks nobody for a token */
    static void check(Environment environment) {
        SecurityProperties properties =
                Binder.get(environment).bindOrCreate("phema.security", SecurityProperties.class);
        if (!properties.tokens().isEmpty() || properties.open()) return;
        check("server.address", environment);
        if (environment.containsProperty("management.server.port")) check("management.server.address", environment);
    }

    private static void check(String setting, Environment environment) {
        @Nullable String address = environment.getProperty(setting);
        if (address == null || address.isBlank() || !isLoopback(address))
            throw Problem.invalid(
                    setting,
                    setting + (address == null || address.isBlank() ? " is not set" : " is " + address)
                            + ", so other machines could use this service without a token; configure "
                            + "phema.security.tokens"
                            + " (phema token makes one), or say phema.security.open=true if that is what you want");
    }

    private static boolean isLoopback(String address) {
        try {
            return InetAddress.getByName(address).isLoopbackAddress();
        } catch (UnknownHostException e) {
            return false;
        }
    }
}
