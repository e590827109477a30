package phema.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CopyLineTest {
    @Test
    void namesStayOneWord() {
        assertThat(CopyLine.python("phema/a <b>&\"uni %20 run")).isEqualTo("\"phema/a <b>&\\\"uni %20 run\"");
        assertThat(CopyLine.python("a\\")).isEqualTo("\"a\\\\\"");
        assertThat(CopyLine.quoted("it's a run")).isEqualTo("'it'\\''s a run'");
    }
}
