package phema.security;

import org.springframework.boot.SpringBootExceptionReporter;
import phema.problem.Problem;

/**
 * Leaves it to the command line to say in one line why the service does not start, where we know why. Spring finds it
 * by {@code META-INF/spring.factories}.
 */
final class StartProblems implements SpringBootExceptionReporter {
    @Override
    public boolean reportException(Throwable failure) {
        return Problem.in(failure).isPresent();
    }
}
