package phema.format;

import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;

/**
 * Reads the JSON of safetensors headers and indexes: no duplicate keys, nothing nested deeply, and not so much in it
 * that reading it takes more than some 200 MB, whatever the {@value #MAX_BYTES} bytes that the format allows are filled
 * with.
 */
final class HeaderJson {
    static final int MAX_BYTES = 100_000_000;

    /** The most tokens: a safetensors header takes some 14 for a tensor, an index two. */
    private static final long MAX_TOKENS = 2_000_000;

    static final JsonFactory FACTORY = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(8)
                    .maxStringLength(20_000_000)
                    .maxNameLength(4096)
                    .maxTokenCount(MAX_TOKENS)
                    .build())
            .build();

    private HeaderJson() {}

    static JsonParser parser(byte[] utf8) {
        return FACTORY.createParser(ObjectReadContext.empty(), utf8);
    }
}
