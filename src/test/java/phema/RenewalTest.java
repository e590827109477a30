package phema;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import org.apache.commons.math3.linear.LUDecomposition;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class RenewalTest {
    @TempDir
    private Path folder;

    private Path copy(Class<?> library) throws Exception {
        Path jar = Path.of(
                library.getProtectionDomain().getCodeSource().getLocation().toURI());
        return Files.copy(jar, folder.resolve("library.jar"));
    }

    private static List<String> names(Path jar) throws IOException {
        try (JarFile file = new JarFile(jar.toFile())) {
            return file.stream().map(JarEntry::getName).toList();
        }
    }

    /** The JVM checks a class before it tells its methods. */
    @ParameterizedTest
    @ValueSource(classes = {CommandLine.class, LUDecomposition.class})
    void everyClassOfAnOldLibraryIsNewAndPassesTheJvmsChecks(Class<?> library) throws Exception {
        Path jar = copy(library);
        List<String> before = names(jar);
        assertThat(Renewal.renew(jar)).isTrue();
        assertThat(names(jar)).isEqualTo(before);
        assertThat(folder).isDirectoryNotContaining("glob:**.tmp");
        int classes = 0;
        try (JarFile file = new JarFile(jar.toFile());
                URLClassLoader loader =
                        new URLClassLoader(new URL[] {jar.toUri().toURL()}, ClassLoader.getPlatformClassLoader())) {
            for (JarEntry entry : file.stream().toList()) {
                if (!entry.getName().endsWith(".class") || entry.getName().endsWith("module-info.class")) continue;
                byte[] content = file.getInputStream(entry).readAllBytes();
                assertThat((int) content[7]).as(entry.getName()).isGreaterThanOrEqualTo(51);
                String name = entry.getName().replace(".class", "").replace('/', '.');
                Class<?> renewed = Class.forName(name, false, loader);
                try {
                    assertThat(renewed.getDeclaredMethods()).isNotNull();
                    classes++;
                } catch (NoClassDefFoundError e) { // of what the library can do without
                    assertThat(e.getMessage()).doesNotStartWith("picocli").doesNotStartWith("org/apache");
                }
            }
        }
        assertThat(classes).isGreaterThan(200);
        assertThat(Renewal.renew(jar)).isFalse();
    }

    @Test
    void newLibrariesStayAsTheyAre() throws Exception {
        Path jar = copy(Nullable.class);
        byte[] before = Files.readAllBytes(jar);
        Renewal.main(folder.toString());
        assertThat(jar).hasBinaryContent(before);
    }

    @Test
    void signedAndDamagedLibrariesStayAsTheyAre() throws Exception {
        for (String also : List.of("META-INF/A.SF", "Damaged.class")) {
            Path jar = folder.resolve("made.jar");
            try (OutputStream bytes = Files.newOutputStream(jar);
                    JarOutputStream out = new JarOutputStream(bytes)) {
                out.putNextEntry(new JarEntry(also));
                out.write(new byte[] {0, 1, 2, 3, 4, 5, 0, 49, 8, 9});
            }
            byte[] before = Files.readAllBytes(jar);
            Renewal.main(folder.toString());
            assertThat(jar).hasBinaryContent(before);
            assertThat(folder).isDirectoryNotContaining("glob:**.tmp");
        }
    }
}
