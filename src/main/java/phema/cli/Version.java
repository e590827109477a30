package phema.cli;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.IVersionProvider;

/** Says which phema this is, as its build noted; without Spring, which takes longer to start than this takes in all. */
final class Version implements IVersionProvider {
    private static final String BUILD = "/META-INF/build-info.properties";

    @Override
    public String[] getVersion() throws IOException {
        try (@Nullable InputStream in = Version.class.getResourceAsStream(BUILD)) {
            if (in == null) throw new FileNotFoundException(BUILD + " is missing: this phema was not built by Maven");
            Properties build = new Properties();
            build.load(in);
            return new String[] {"phema " + build.getProperty("build.version")};
        }
    }
}
