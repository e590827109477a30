package phema;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.ArgumentsProvider;
import org.junit.jupiter.params.provider.ArgumentsSource;
import org.junit.jupiter.params.support.AnnotationConsumer;
import org.junit.jupiter.params.support.ParameterDeclarations;
import org.opentest4j.TestAbortedException;

/**
 * Runs a test on many random cases, other ones in every build, up to the first that fails. The test takes a
 * {@link RandomCase}; where it fails, it says the seed of the case: {@code -Dphema.seed=SEED} repeats that one,
 * {@code -Dphema.cases=N} tries N.
 */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@ParameterizedTest(name = "-Dphema.seed={0}")
@ArgumentsSource(RandomCases.Source.class)
@ExtendWith(RandomCases.Failing.class)
public @interface RandomCases {
    /** How many cases. */
    int value() default 1000;

    /** Draws the seeds. */
    final class Source implements ArgumentsProvider, AnnotationConsumer<RandomCases> {
        private int cases;

        @Override
        public void accept(RandomCases annotation) {
            cases = Integer.getInteger("phema.cases", annotation.value());
        }

        @Override
        public Stream<Arguments> provideArguments(ParameterDeclarations parameters, ExtensionContext context) {
            String seed = System.getProperty("phema.seed");
            LongStream seeds = seed == null ? new SplittableRandom().longs(cases) : LongStream.of(Long.parseLong(seed));
            return seeds.takeWhile(s -> !Failing.hasFailed(context)).mapToObj(s -> Arguments.of(new RandomCase(s)));
        }
    }

    /** Ends the message of a failure with what repeats its case. */
    final class Failing implements TestExecutionExceptionHandler {
        private static final ExtensionContext.Namespace NAMESPACE =
                ExtensionContext.Namespace.create(RandomCases.class);

        static boolean hasFailed(ExtensionContext test) {
            return test.getStore(NAMESPACE).getOrDefault(Failing.class, Boolean.class, false);
        }

        @Override
        public void handleTestExecutionException(ExtensionContext context, Throwable failure) throws Throwable {
            if (failure instanceof TestAbortedException) throw failure;
            context.getParent().orElseThrow().getStore(NAMESPACE).put(Failing.class, true);
            throw new AssertionError(failure + "\nTo repeat this case: " + context.getDisplayName(), failure);
        }
    }
}
