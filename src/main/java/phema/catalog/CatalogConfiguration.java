package phema.catalog;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(CatalogProperties.class)
class CatalogConfiguration {
    /** Creates {@code phema.home} before anything connects to the database in it. */
    @Bean
    static BeanFactoryPostProcessor homeFolder(Environment environment) {
        return beans -> {
            Path home = Path.of(environment.getRequiredProperty("phema.home"));
            try {
                Files.createDirectories(home);
            } catch (IOException e) {
                throw new UncheckedIOException("phema.home " + home + " cannot be created: " + e, e);
            }
        };
    }
}
