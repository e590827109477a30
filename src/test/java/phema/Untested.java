package phema;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;

/**
 * Tells after the last test what went untested, a line each: what skipped tests say of themselves with "NOT tested".
 */
public final class Untested implements TestExecutionListener {
    private static final String MARK = "NOT tested";

    private final Set<String> reasons = ConcurrentHashMap.newKeySet();

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
        if (result.getStatus() == TestExecutionResult.Status.ABORTED)
            result.getThrowable()
                    .map(Throwable::getMessage)
                    .filter(reason -> reason.contains(MARK))
                    .ifPresent(reason -> reasons.add(reason.replace("Assumption failed: ", "")));
    }

    @Override
    public void testPlanExecutionFinished(TestPlan plan) {
        reasons.forEach(reason -> System.err.println("[WARNING] " + reason));
        reasons.clear();
    }
}
