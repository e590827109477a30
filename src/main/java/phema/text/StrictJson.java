package phema.text;

import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.databind.json.JsonMapper;

/** Reads JSON that others wrote: what says a name of an object twice is refused, as nobody knows which was meant. */
public final class StrictJson {
    public static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private StrictJson() {}

    /** The name that is there twice, where that is what was wrong. */
    public static Optional<String> repeated(JacksonException e) {
        return e instanceof StreamReadException read
                        && read.processor() != null
                        && e.getOriginalMessage().startsWith("Duplicate ")
                ? Optional.ofNullable(read.processor().currentName())
                : Optional.empty();
    }
}
