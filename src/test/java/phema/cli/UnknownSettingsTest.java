package phema.cli;

import static org.assertj.core.api.Assertions.assertThatNoException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;
import phema.catalog.CatalogProperties;
import phema.fleet.WorkerProperties;
import phema.problem.Problem;

/** Of environment variables; {@link ServeCommandTest} has those of command lines and files. */
class UnknownSettingsTest {
    private static void start(String variable) {
        StandardEnvironment environment = new StandardEnvironment();
        environment
                .getPropertySources()
                .replace(
                        StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME,
                        new SystemEnvironmentPropertySource(
                                StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME, Map.of(variable, "1")));
        ConfigurationPropertySources.attach(environment);
        DefaultListableBeanFactory beans = new DefaultListableBeanFactory();
        beans.registerSingleton("environment", environment);
        beans.registerBeanDefinition("phema-catalog", new RootBeanDefinition(CatalogProperties.class));
        beans.registerBeanDefinition("phema.worker-worker", new RootBeanDefinition(WorkerProperties.class));
        new UnknownSettings().postProcessBeanFactory(beans);
    }

    @ParameterizedTest
    @CsvSource({
        "PHEMA_ROTS,phema.roots",
        "PHEMA_WORKER_THREDS,phema.worker.threads",
        "PHEMA_CATALOG_POL,phema.catalog.poll"
    })
    void refusesWhatIsMisspelt(String variable, String meant) {
        assertThatThrownBy(() -> start(variable))
                .isInstanceOf(Problem.class)
                .hasMessageContaining('"' + variable + '"')
                .hasMessageEndingWith("; " + meant + " may be meant");
    }

    @ParameterizedTest
    @ValueSource(strings = {"PHEMA_ROOTS", "PHEMA_ROOTS_0", "PHEMA_CATALOG_FIRSTLOOK", "PHEMA_CATALOG_FIRST_LOOK"})
    void takesAllFormsOfOurs(String variable) {
        assertThatNoException().isThrownBy(() -> start(variable));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "PHEMA_TOKEN",
                "PHEMA_CACHE",
                "PHEMA_PORT",
                "PHEMA_WORKER_SERVICE_HOST",
                "PHEMA_WORKER_PORT_80_TCP"
            })
    void leavesOthersAlone(String variable) {
        assertThatNoException().isThrownBy(() -> start(variable));
    }
}
