package phema.synthesis;

import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.MeterBinder;
import jakarta.validation.constraints.Min;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.validation.annotation.Validated;
import phema.catalog.Catalog;
import phema.problem.Problem;
import phema.text.ByteSize;
import phema.text.Labels;

/** Provides the synthesis room to the service. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(SynthesisConfiguration.SynthesisProperties.class)
class SynthesisConfiguration {
    /** The least memory, enough for no more than a few files. */
    private static final ByteSize LEAST_MEMORY = new ByteSize(1 << 20);

    /**
     * @param maxMemory of all workers' buffers together
     * @param workers threads that read and combine; 0 for one per processor
     * @param shared memory for what was computed last, for others who ask for the same
     */
    @Validated
    @ConfigurationProperties("phema.synthesis")
    record SynthesisProperties(
            @DefaultValue("256MiB") ByteSize maxMemory,
            @DefaultValue("0") @Min(0) int workers,
            @DefaultValue("128MiB") ByteSize shared) {}

    @Bean
    Engine engine(SynthesisProperties settings, Catalog catalog) {
        if (settings.maxMemory.bytes() < LEAST_MEMORY.bytes())
            throw Problem.invalid(
                    "phema.synthesis.max-memory",
                    "phema.synthesis.max-memory must be " + LEAST_MEMORY + " or more, not " + settings.maxMemory);
        int workers =
                settings.workers > 0 ? settings.workers : Runtime.getRuntime().availableProcessors();
        return new Engine(
                settings.maxMemory.bytes(), workers, KernelChoice.PLAIN, settings.shared.bytes(), catalog::mayRead);
    }

    @Bean
    Syntheses syntheses(Engine engine) {
        return new Syntheses(engine);
    }

    @Bean
    Fits fits(MeterRegistry meters) {
        Timer duration = Timer.builder("phema.fit")
                .description("Fits of all targets of a request")
                .register(meters);
        DistributionSummary errors = DistributionSummary.builder("phema.fit.predicted.error")
                .description("Relative error of the weights that fits expect")
                .register(meters);
        return new Fits((took, fits) -> {
            duration.record(took);
            fits.forEach(fit -> errors.record(fit.predictedRelativeError())); // NaN counts for nothing
        });
    }

    @Bean
    MeterBinder synthesisMeters(Engine engine) {
        return registry -> {
            FunctionCounter.builder("phema.synthesis.read", engine, Engine::bytesRead)
                    .baseUnit("bytes")
                    .description("Bytes read from snapshots")
                    .register(registry);
            FunctionCounter.builder("phema.synthesis.written", engine, Engine::bytesWritten)
                    .baseUnit("bytes")
                    .description("Bytes of synthesized weights")
                    .register(registry);
            FunctionCounter.builder("phema.synthesis.shared", engine, Engine::bytesShared)
                    .baseUnit("bytes")
                    .description("Bytes that downloads took from others of the same weights at the same time")
                    .register(registry);
            for (Stage stage : Stage.values())
                FunctionCounter.builder("phema.synthesis.time", engine, e -> e.nanos(stage) / 1e9)
                        .tag("stage", Labels.of(stage))
                        .baseUnit("seconds")
                        .description("Time that workers spent, all together")
                        .register(registry);
            Gauge.builder("phema.synthesis.buffers", engine, Engine::bufferBytes)
                    .baseUnit("bytes")
                    .description("Buffers of all workers")
                    .register(registry);
        };
    }
}
