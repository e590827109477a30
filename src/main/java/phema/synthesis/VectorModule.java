package phema.synthesis;

/**
 * Loads the module of the Vector API when it is first needed. A JVM that is told of it when it starts,
 * {@code --add-modules}, writes a warning about incubator modules to every command's terminal, which nothing but that
 * turns off; one that loads it later, as the JDK loads modules for its own agents, does not. Both give the same module,
 * which the compiler turns into the same instructions.
 */
final class VectorModule {
    static final String NAME = "jdk.incubator.vector";

    private static final boolean IS_THERE = ModuleLayer.boot().findModule(NAME).isPresent() || load();

    private VectorModule() {}

    /** Whether this JVM has it: since its start, or else from now on. */
    static boolean isThere() {
        return IS_THERE;
    }

    /** Needs {@code --add-exports=java.base/jdk.internal.module=ALL-UNNAMED}. */
    private static boolean load() {
        try {
            Class.forName("jdk.internal.module.Modules")
                    .getMethod("loadModule", String.class)
                    .invoke(null, NAME);
            return true;
        } catch (ReflectiveOperationException | LinkageError e) { // not exported, or another JDK than we know
            return false;
        }
    }
}
