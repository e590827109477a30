package phema.synthesis;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What many threads read without a lock while one of them fills it is published safely (JLS 17.4.5 and 17.5): a race
 * that loses shows on few processors only, and there seldom.
 */
class SharedFieldsTest {
    @ParameterizedTest
    @ValueSource(classes = {BlockComputer.class, BlockComputer.BlockTarget.class, Body.class, InputReader.class})
    void isFinalOrVolatileAndHoldsObjectsInNoPlainArray(Class<?> shared) {
        for (Field field : shared.getDeclaredFields()) {
            assertThat(Modifier.isFinal(field.getModifiers()) || Modifier.isVolatile(field.getModifiers()))
                    .as(field.getName())
                    .isTrue();
            Class<?> elements = field.getType();
            while (elements.isArray()) elements = elements.getComponentType();
            assertThat(field.getType().isArray() && !elements.isPrimitive())
                    .as(field.getName() + ", whose elements another thread may see as null")
                    .isFalse();
        }
    }
}
