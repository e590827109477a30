package phema.evaluation;

import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import phema.fleet.Chore;

/** Provides the settings of evaluators, and what workers tidy for them. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties({EvaluatorProperties.class, WeightsProperties.class})
class EvaluationConfiguration {
    @Bean
    Chore unusedWeights(WeightCache cache) {
        return cache::tidy;
    }

    @Bean
    Chore foldersOfLostTrials(TrialFolders folders) {
        return folders::clear;
    }
}
