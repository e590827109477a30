package phema.hub;

import java.util.Optional;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.tomcat.ConfigurableTomcatWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.validation.annotation.Validated;
import phema.text.ByteSize;

/** Provides what the hub's protocol is answered with. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(HubConfiguration.HubProperties.class)
class HubConfiguration {
    /**
     * @param owner whose all repositories are beside {@code phema}
     * @param shardSize most bytes of tensors in one file
     */
    @Validated
    @ConfigurationProperties("phema.hub")
    record HubProperties(
            Optional<String> owner, @DefaultValue("5GiB") ByteSize shardSize) {}

    /**
     * A revision with a slash comes as {@code refs%2Fpr%2F1}: ours to refuse by name, not Tomcat's as a malformed
     * request.
     */
    @Bean
    WebServerFactoryCustomizer<ConfigurableTomcatWebServerFactory> slashesInRevisions() {
        return factory ->
                factory.addConnectorCustomizers(connector -> connector.setEncodedSolidusHandling("passthrough"));
    }
}
