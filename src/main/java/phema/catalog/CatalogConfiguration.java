package phema.catalog;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.boot.context.properties.ConfigurationPropertiesBinding;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.convert.converter.Converter;
import org.springframework.core.env.Environment;
import phema.storage.Locations;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(CatalogProperties.class)
class CatalogConfiguration {
    @Bean
    @ConfigurationPropertiesBinding
    static Converter<String, Path> locations() {
        return new Converter<>() { // not a lambda, which would not tell its types
            @Override
            public Path convert(String location) {
                return Locations.path(location);
            }
        };
    }

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
