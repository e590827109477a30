package phema.cli;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.SpringBootExceptionReporter;
import org.springframework.boot.context.config.ConfigDataNotFoundException;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.validation.BindValidationException;
import org.springframework.boot.web.server.PortInUseException;
import org.springframework.validation.FieldError;
import org.springframework.validation.ObjectError;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import phema.problem.Problem;

/**
 * Says in one line why the service does not start, where that is a setting, and keeps Spring from telling of its beans.
 * Spring finds it by {@code META-INF/spring.factories}.
 */
final class StartProblems implements SpringBootExceptionReporter {
    private static final String NO_PORT = "port out of range:";

    @Override
    public boolean reportException(Throwable failure) {
        return behind(failure).isPresent();
    }

    /** The problem that a failure is, or was caused by. */
    static Optional<Problem> behind(Throwable failure) {
        Optional<Problem> known = Problem.in(failure);
        for (@Nullable Throwable e = failure; e != null && known.isEmpty(); e = e.getCause()) {
            known = switch (e) {
                case PortInUseException port -> Optional.of(taken(port));
                case BindException setting -> Optional.of(unusable(setting));
                case MarkedYAMLException yaml -> Optional.of(SettingFiles.broken(yaml, List.of()));
                case ConfigDataNotFoundException missing -> Optional.of(missing(missing));
                case IllegalArgumentException port -> isPort(port) ? Optional.of(impossible(port)) : Optional.empty();
                default -> Optional.empty();
            };
        }
        return known;
    }

    private static Problem missing(ConfigDataNotFoundException e) {
        return Problem.invalid(
                "spring.config.location",
                e.getReferenceDescription() + " is not there, or cannot be read; `optional:` before its name passes"
                        + " over it where it is not");
    }

    /** As the JDK says it, behind what Tomcat makes of it. */
    private static boolean isPort(IllegalArgumentException e) {
        return String.valueOf(e.getMessage()).startsWith(NO_PORT);
    }

    private static Problem impossible(IllegalArgumentException e) {
        String port = String.valueOf(e.getMessage()).substring(NO_PORT.length());
        return Problem.invalid(
                "server.port", "server.port must lie in 1..65535, or be 0 for any that is free, not " + port.strip());
    }

    private static Problem taken(PortInUseException e) {
        return Problem.invalid(
                "server.port",
                "port " + e.getPort() + " of this machine is taken, perhaps by another phema; stop that, or choose "
                        + "another port with --server.port=" + (e.getPort() + 1));
    }

    private static Problem unusable(BindException e) {
        String name = e.getName().toString();
        Throwable root = e;
        while (root.getCause() != null && !(root instanceof BindValidationException)) root = root.getCause();
        if (root instanceof BindValidationException invalid)
            return Problem.invalid(
                    name,
                    invalid.getValidationErrors().getAllErrors().stream()
                            .map(error -> named(invalid.getValidationErrors().getName() + ".", error))
                            .collect(Collectors.joining("; ")));
        String value = e.getProperty() == null ? "" : ": " + e.getProperty().getValue();
        return Problem.invalid(
                name,
                name + value + " cannot be used as "
                        + kind(e.getTarget().getType().resolve(Object.class)));
    }

    private static String named(String prefix, ObjectError error) {
        String message = String.valueOf(error.getDefaultMessage());
        return error instanceof FieldError field
                ? prefix + field.getField() + " " + message
                        + (field.getRejectedValue() == null ? "" : ", not " + field.getRejectedValue())
                : message;
    }

    private static String kind(Class<?> type) {
        if (type == int.class || type == Integer.class || type == long.class) return "a whole number";
        if (type == boolean.class || type == Boolean.class) return "true or false";
        if (type.isEnum())
            return "one of "
                    + Arrays.stream(type.getEnumConstants())
                            .map(constant -> constant.toString().toLowerCase(Locale.ROOT))
                            .collect(Collectors.joining(", "));
        return "a " + type.getSimpleName();
    }
}
