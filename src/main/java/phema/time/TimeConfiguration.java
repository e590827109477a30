package phema.time;

import java.time.InstantSource;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Gives the rooms the clocks of this machine. */
@Configuration(proxyBeanMethods = false)
class TimeConfiguration {
    @Bean
    InstantSource clock() {
        return InstantSource.system();
    }

    @Bean
    Ticker ticker() {
        return Ticker.SYSTEM;
    }
}
