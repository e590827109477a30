package phema.catalog;

import java.beans.PropertyEditorSupport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import phema.problem.Problem;
import phema.problem.ShownPaths;
import phema.storage.Locations;

/** Provides what the catalog is made of, and lets settings name places in object storage. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(CatalogProperties.class)
class CatalogConfiguration {
    /**
     * Spring's own editor comes before any converter, knows nothing of object storage, and looks for paths in the web
     * server's folder first.
     */
    @Bean
    static BeanFactoryPostProcessor locations() {
        return beans -> beans.registerCustomEditor(Path.class, LocationEditor.class);
    }

    @Bean
    ShownPaths shownPaths(CatalogProperties properties) {
        return new ShownPaths(properties.roots(), List.of(properties.home()));
    }

    static final class LocationEditor extends PropertyEditorSupport {
        @Override
        public void setAsText(String location) {
            setValue(Locations.path(location));
        }
    }

    /** Creates {@code phema.home} before anything connects to the database in it. */
    @Bean
    static BeanFactoryPostProcessor homeFolder(Environment environment) {
        return beans -> {
            Path home = Locations.path(environment.getRequiredProperty("phema.home"));
            if (!Locations.isLocal(home))
                throw Problem.invalid(
                        "phema.home",
                        "phema.home " + home
                                + ": a database and locks need a folder of this machine, not object storage");
            try {
                Files.createDirectories(home);
            } catch (IOException e) {
                throw Problem.invalid(
                        "phema.home",
                        "phema.home " + home + " is a file, or a folder that cannot be created here; name one that the "
                                + "service may write");
            }
        };
    }
}
