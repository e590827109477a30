package phema.web;

import java.util.List;
import org.springframework.boot.jackson.autoconfigure.JsonMapperBuilderCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.JacksonModule;
import tools.jackson.databind.cfg.CoercionAction;
import tools.jackson.databind.cfg.CoercionInputShape;
import tools.jackson.databind.deser.std.StdScalarDeserializer;
import tools.jackson.databind.module.SimpleModule;
import tools.jackson.databind.type.LogicalType;

/**
 * Reads numbers of requests. An empty text is none, and not the same as nothing.
 *
 * <p>Whole numbers are read as JSON has them: {@code 2.0} is one, as RFC 8259 knows one kind of numbers and JSON
 * Schema's {@code integer} is a matter of the value. {@code 2.5} is none, and not cut off.
 */
@Configuration(proxyBeanMethods = false)
class WholeNumbers {
    @Bean
    JacksonModule wholeNumbersOfJson() {
        return new SimpleModule("whole numbers").addDeserializer(Integer.class, new OfAnyForm());
    }

    @Bean
    JsonMapperBuilderCustomizer emptyTextsAreNoNumbers() {
        return mapper -> {
            for (LogicalType type : List.of(LogicalType.Integer, LogicalType.Float, LogicalType.Boolean))
                mapper.withCoercionConfig(
                        type, config -> config.setCoercion(CoercionInputShape.EmptyString, CoercionAction.Fail));
        };
    }

    private static final class OfAnyForm extends StdScalarDeserializer<Integer> {
        OfAnyForm() {
            super(Integer.class);
        }

        @Override
        public LogicalType logicalType() {
            return LogicalType.Integer;
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
