package phema.web;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.JacksonModule;
import tools.jackson.databind.deser.std.StdScalarDeserializer;
import tools.jackson.databind.module.SimpleModule;

/**
 * Reads whole numbers as JSON has them: {@code 2.0} is one, as RFC 8259 knows one kind of numbers and JSON Schema's
 * {@code integer} is a matter of the value. {@code 2.5} is none, and not cut off.
 */
@Configuration(proxyBeanMethods = false)
class WholeNumbers {
    @Bean
    JacksonModule wholeNumbersOfJson() {
        return new SimpleModule("whole numbers").addDeserializer(Integer.class, new OfAnyForm());
    }

    private static final class OfAnyForm extends StdScalarDeserializer<Integer> {
        OfAnyForm() {
            super(Integer.class);
        }

        @Override
        public Integer deserialize(JsonParser json, DeserializationContext context) {
            if (json.hasToken(JsonToken.VALUE_NUMBER_FLOAT)) {
                double value = json.getDoubleValue();
                if (value == Math.rint(value) && Math.abs(value) <= Integer.MAX_VALUE) return (int) value;
                return (Integer) context.handleWeirdNumberValue(Integer.class, value, "not a whole number");
            }
            return _parseInteger(json, context, Integer.class);
        }
    }
}
