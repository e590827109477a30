package phema;

import java.io.BufferedOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFile.ClassHierarchyResolverOption;
import java.lang.classfile.ClassFile.StackMapsOption;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeTransform;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;

/**
 * Renews, for {@link Rehearsal}, libraries that were compiled for Java 5: of such classes the JVM records nothing, and
 * would read and check them at every start. They get the version and the stack maps of Java 7; their code stays.
 */
final class Renewal {
    private Renewal() {}

    /** @param args a folder of jars, which are renewed in place */
    public static void main(String... args) throws IOException {
        File[] jars = new File(args[0]).listFiles((folder, name) -> name.endsWith(".jar"));
        for (File jar : jars == null ? new File[0] : jars) {
            try {
                if (renew(jar.toPath())) System.out.println(jar + " is renewed");
            } catch (IllegalArgumentException e) { // commands start with it as it is, too
                System.out.println(jar + " cannot be renewed: " + e.getMessage());
            }
        }
    }

    /**
     * Renews one jar, unless it is signed.
     *
     * @return whether it had old classes
     * @throws IllegalArgumentException when one cannot be renewed; the jar is as it was
     */
    static boolean renew(Path jar) throws IOException {
        // Not createTempFile, which would keep the jar from everybody but its owner.
        Path renewed = jar.resolveSibling(jar.getFileName() + ".tmp");
        try (URLClassLoader classes = new URLClassLoader(new URL[] {jar.toUri().toURL()});
                JarFile in = new JarFile(jar.toFile())) {
            List<JarEntry> entries = in.stream().toList();
            if (entries.stream().anyMatch(entry -> entry.getName().matches("META-INF/[^/]+\\.SF"))) return false;
            Set<JarEntry> old = new HashSet<>();
            for (JarEntry entry : entries) if (isOld(in, entry)) old.add(entry);
            if (old.isEmpty()) return false;
            ClassFile format = ClassFile.of(
                    StackMapsOption.GENERATE_STACK_MAPS,
                    ClassHierarchyResolverOption.of(ClassHierarchyResolver.ofResourceParsing(classes)));
            try (JarOutputStream out = new JarOutputStream(new BufferedOutputStream(Files.newOutputStream(renewed)))) {
                for (JarEntry entry : entries) {
                    byte[] content = in.getInputStream(entry).readAllBytes();
                    JarEntry copy = new JarEntry(entry.getName());
                    copy.setTime(entry.getTime());
                    out.putNextEntry(copy);
                    out.write(old.contains(entry) ? renewed(format, content) : content);
                }
            }
            Files.move(renewed, jar, StandardCopyOption.REPLACE_EXISTING);
            return true;
        } finally {
            Files.deleteIfExists(renewed);
        }
    }

    private static boolean isOld(JarFile jar, JarEntry entry) throws IOException {
        if (!entry.getName().endsWith(".class")) return false;
        try (InputStream content = jar.getInputStream(entry)) {
            byte[] begin = content.readNBytes(8);
            return begin.length == 8 && (begin[6] << 8 | begin[7] & 0xff) < ClassFile.JAVA_6_VERSION;
        }
    }

    private static byte[] renewed(ClassFile format, byte[] old) {
        ClassModel model = format.parse(old);
        return format.transformClass(
                model,
                ClassTransform.transformingMethodBodies(CodeTransform.ACCEPT_ALL)
                        .andThen(ClassTransform.endHandler(all -> all.withVersion(ClassFile.JAVA_7_VERSION, 0))));
    }
}
