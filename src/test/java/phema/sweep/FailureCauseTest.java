package phema.sweep;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class FailureCauseTest {
    @Test
    void theLastLineMatters() {
        assertThat(FailureCause.line("ended with status 3\nloading\nout of memory\n\n"))
                .isEqualTo("out of memory");
        assertThat(FailureCause.line("took longer than 1h")).isEqualTo("took longer than 1h");
        assertThat(FailureCause.line(" \n")).isEqualTo("no reason was given");
    }

    /** A time-out, a program that was killed, a metric that is none: what it printed last does not tell. */
    @Test
    void whatWeKnowMattersMoreThanTheLastLine() {
        assertThat(FailureCause.line("took longer than 3 s; ...\nits output ended with:\nevaluating 0.031"))
                .isEqualTo("took longer than 3 s; ...");
        assertThat(FailureCause.line("ended with status 137: it was killed\nits output ended with:\nevaluating"))
                .isEqualTo("ended with status 137: it was killed");
        assertThat(FailureCause.line("ended with status 3\nits output ended with:\nloading\nout of memory"))
                .isEqualTo("out of memory");
    }

    @Test
    void theRootCauseOfJavaMatters() {
        assertThat(FailureCause.line("""
                        Exception in thread "main" java.lang.IllegalStateException: cannot evaluate
                        \tat Main.main(Main.java:3)
                        Caused by: java.io.IOException: outer
                        \t... 1 more
                        Caused by: java.nio.file.NoSuchFileException: /data/stats.npz
                        \t... 2 more
                        """)).isEqualTo("java.nio.file.NoSuchFileException: /data/stats.npz");
    }

    @Test
    void whatStandsBehindTheFramesOfPythonMatters() {
        assertThat(FailureCause.line("""
                        ended with status 1
                        Traceback (most recent call last):
                          File "eval.py", line 3, in <module>
                            main()
                        RuntimeError: CUDA out of memory
                        srun: error: node17: task 0: Exited with exit code 1
                        """)).isEqualTo("RuntimeError: CUDA out of memory");
    }

    @Test
    void thoseOfOneCauseAreOneGroup() {
        Map<Integer, String> errors = new TreeMap<>(Map.of(
                1, "no such file /a",
                2, "ended with status 1\nTried to allocate 12 MiB at 0x7f3a",
                5, "ended with status 1\nTried to allocate 1,024.5 MiB at 0x81"));
        assertThat(FailureCause.of(errors))
                .containsExactly(
                        new FailureCause("Tried to allocate 12 MiB at 0x7f3a", 2, 2),
                        new FailureCause("no such file /a", 1, 1));
    }
}
