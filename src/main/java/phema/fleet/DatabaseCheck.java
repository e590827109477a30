package phema.fleet;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.core.env.Environment;
import phema.problem.Problem;

/**
 * Asks the database for something before a pool does, whose failures would be told of by every bean that needs one.
 */
record DatabaseCheck(Environment environment) implements BeanFactoryPostProcessor {
    private static final String URL = "spring.datasource.url";

    @Override
    public void postProcessBeanFactory(ConfigurableListableBeanFactory beans) {
        String url = environment.getRequiredProperty(URL);
        try (Connection connection = DriverManager.getConnection(
                        url,
                        environment.getProperty("spring.datasource.username"),
                        environment.getProperty("spring.datasource.password"));
                Statement statement = connection.createStatement()) {
            // Reads the schema, which SQLite does not when it opens a file.
            statement.execute(url.startsWith("jdbc:sqlite:") ? "select count(*) from sqlite_master" : "select 1");
        } catch (SQLException e) {
            throw Problem.invalid(
                    URL,
                    "the database %s (%s) cannot be used: %s; %s"
                            .formatted(
                                    url.replaceFirst("[?].*", ""),
                                    URL,
                                    String.valueOf(e.getMessage())
                                            .lines()
                                            .findFirst()
                                            .orElse(""),
                                    url.startsWith("jdbc:sqlite:")
                                            ? advice(String.valueOf(e.getMessage()))
                                            : "see that it runs, and that its address, user and password are right"));
        }
    }

    private static String advice(String message) {
        return message.contains("[SQLITE_CORRUPT") || message.contains("[SQLITE_NOTADB")
                ? "put a copy of it in its place, or move it away to begin with none"
                : "see that its disk has room, that the service may write there, and that nobody has locked it";
    }
}
