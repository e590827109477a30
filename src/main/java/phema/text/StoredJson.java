package phema.text;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Writes values as the database keeps them. Equal values give equal texts. */
public final class StoredJson {
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private StoredJson() {}

    public static String write(Object value) {
        return MAPPER.writeValueAsString(value);
    }

    public static <T> T read(String json, Class<T> type) {
        return MAPPER.readValue(json, type);
    }

    /** Writes a value as a tree, to be written as a part of another. */
    public static JsonNode tree(Object value) {
        return MAPPER.valueToTree(value);
    }

    public static Map<String, Double> readMetrics(String json) {
        return MAPPER.readValue(json, new TypeReference<LinkedHashMap<String, Double>>() {});
    }

    public static List<String> readTexts(String json) {
        return MAPPER.readValue(json, new TypeReference<List<String>>() {});
    }
}
