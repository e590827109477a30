package phema.evaluation;

import org.springframework.boot.context.properties.ConfigurationPropertiesBinding;
import org.springframework.core.convert.converter.Converter;
import org.springframework.stereotype.Component;
import phema.format.Format;

/** Lets settings name formats as addresses and files do: {@code pkl}, {@code safetensors} or {@code pt}. */
@Component
@ConfigurationPropertiesBinding
class FormatByExtension implements Converter<String, Format> {
    @Override
    public Format convert(String extension) {
        return Format.parse(extension);
    }
}
