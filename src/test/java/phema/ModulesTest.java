package phema;

import org.junit.jupiter.api.Test;
import org.springframework.modulith.core.ApplicationModules;

class ModulesTest {
    @Test
    void roomsUseEachOtherOnlyAsDeclared() {
        ApplicationModules.of(PhemaApplication.class).verify();
    }
}
