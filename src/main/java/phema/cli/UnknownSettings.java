package phema.cli;

import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName.Form;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.IterableConfigurationPropertySource;
import org.springframework.core.env.CommandLinePropertySource;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;
import org.springframework.stereotype.Component;
import phema.cli.SettingNames.Unknown;
import phema.problem.Problem;
import phema.text.NearestWord;

/**
 * Refuses settings below {@code phema} that nothing reads, before anything is opened: who misspells one would believe
 * it set.
 */
@Component
final class UnknownSettings implements BeanFactoryPostProcessor {
    private static final ConfigurationPropertyName ALL = ConfigurationPropertyName.of("phema");

    /** The words in what Kubernetes tells of services named {@code phema...}: PHEMA_WORKER_SERVICE_HOST. */
    private static final Set<String> OF_CLUSTERS = Set.of("port", "service");

    @Override
    public void postProcessBeanFactory(ConfigurableListableBeanFactory beans) {
        SettingNames known = known(beans);
        for (ConfigurationPropertySource source :
                ConfigurationPropertySources.get(beans.getBean(ConfigurableEnvironment.class)))
            if (source instanceof IterableConfigurationPropertySource names)
                for (ConfigurationPropertyName name : names) if (ALL.isAncestorOf(name)) require(known, source, name);
    }

    /** What the records have into which settings are read. */
    private static SettingNames known(ConfigurableListableBeanFactory beans) {
        SettingNames all = new SettingNames();
        for (String bean : beans.getBeanDefinitionNames()) {
            @Nullable Class<?> type = bean.startsWith(ALL.toString()) ? beans.getType(bean, false) : null;
            if (type == null) continue;
            @Nullable ConfigurationProperties of = type.getAnnotation(ConfigurationProperties.class);
            if (of != null) all.add(ConfigurationPropertyName.of(of.value()), type);
        }
        return all;
    }

    private static void require(
            SettingNames known, ConfigurationPropertySource source, ConfigurationPropertyName name) {
        boolean variable = source.getUnderlyingSource() instanceof SystemEnvironmentPropertySource;
        Optional<Unknown> unknown = known.find(name, variable);
        if (unknown.isEmpty() || variable && mayBeAnothers(name, unknown.get())) return;
        throw Problem.invalid(
                name.toString(), "no setting is called " + name + place(source, name) + "; " + instead(unknown.get()));
    }

    /** Of a file or a variable; a command line's words are before the user's eyes. */
    private static String place(ConfigurationPropertySource source, ConfigurationPropertyName name) {
        @Nullable ConfigurationProperty property = source.getConfigurationProperty(name);
        return property == null || source.getUnderlyingSource() instanceof CommandLinePropertySource
                ? ""
                : " (" + property.getOrigin() + ")";
    }

    private static String instead(Unknown unknown) {
        if (unknown.names().isEmpty()) return unknown.below() + " has none below it";
        return NearestWord.among(unknown.names(), unknown.word())
                .map(near -> unknown.below() + "." + near + " may be meant")
                .orElseGet(() -> "below " + unknown.below() + " there are " + String.join(", ", unknown.names()));
    }

    /** Variables of others may begin so as well. */
    private static boolean mayBeAnothers(ConfigurationPropertyName name, Unknown unknown) {
        for (int i = 0; i < name.getNumberOfElements(); i++)
            if (OF_CLUSTERS.contains(name.getElement(i, Form.UNIFORM))) return true;
        return unknown.below().equals(ALL)
                && NearestWord.among(unknown.names(), unknown.word()).isEmpty();
    }
}
