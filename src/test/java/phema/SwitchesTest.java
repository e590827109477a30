package phema;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.source.tree.CaseTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.DefaultCaseLabelTree;
import com.sun.source.tree.ExpressionTree;
import com.sun.source.tree.ParenthesizedTree;
import com.sun.source.tree.SwitchExpressionTree;
import com.sun.source.tree.SwitchTree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreePath;
import com.sun.source.util.TreePathScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.lang.model.element.Element;
import javax.lang.model.element.ElementKind;
import javax.lang.model.element.Modifier;
import javax.lang.model.type.DeclaredType;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;

/**
 * Switches over our own enums and sealed types name every case: whoever adds one, a profile or a type of elements, is
 * then led by the compiler to all that must know it, where a {@code default} would go on with wrong numbers without a
 * word.
 */
class SwitchesTest {
    private static final Path SOURCES = Path.of("src/main/java");

    @Test
    void overOurOwnKindsNameEveryCase() throws IOException {
        assertThat(defaults(sources())).isEmpty();
    }

    private static List<Path> sources() throws IOException {
        try (Stream<Path> files = Files.walk(SOURCES)) {
            return files.filter(file -> file.toString().endsWith(".java")).toList();
        }
    }

    private static List<String> defaults(List<Path> sources) throws IOException {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
            JavacTask task = (JavacTask) compiler.getTask(
                    null,
                    files,
                    diagnostic -> {},
                    List.of("-proc:none", "-classpath", System.getProperty("java.class.path")),
                    null,
                    files.getJavaFileObjectsFromPaths(sources));
            Iterable<? extends CompilationUnitTree> units = task.parse();
            task.analyze();
            Scanner scanner = new Scanner(Trees.instance(task));
            units.forEach(unit -> scanner.scan(unit, null));
            assertThat(scanner.ours).as("switches over our own kinds").isGreaterThan(20);
            return scanner.found;
        }
    }

    private static final class Scanner extends TreePathScanner<Void, Void> {
        final List<String> found = new ArrayList<>();
        int ours;

        private final Trees trees;

        Scanner(Trees trees) {
            this.trees = trees;
        }

        @Override
        public Void visitSwitch(SwitchTree tree, Void nothing) {
            look(tree.getExpression(), tree.getCases());
            return super.visitSwitch(tree, nothing);
        }

        @Override
        public Void visitSwitchExpression(SwitchExpressionTree tree, Void nothing) {
            look(tree.getExpression(), tree.getCases());
            return super.visitSwitchExpression(tree, nothing);
        }

        private void look(ExpressionTree selector, List<? extends CaseTree> cases) {
            TreePath path = new TreePath(getCurrentPath(), selector);
            while (path.getLeaf() instanceof ParenthesizedTree parenthesized)
                path = new TreePath(path, parenthesized.getExpression());
            if (!(trees.getTypeMirror(path) instanceof DeclaredType type && isOurs(type.asElement()))) return;
            ours++;
            boolean hasDefault = cases.stream()
                    .flatMap(one -> one.getLabels().stream())
                    .anyMatch(DefaultCaseLabelTree.class::isInstance);
            if (!hasDefault) return;
            CompilationUnitTree unit = path.getCompilationUnit();
            long line =
                    unit.getLineMap().getLineNumber(trees.getSourcePositions().getStartPosition(unit, selector));
            found.add(unit.getSourceFile().getName() + ":" + line + " has a default for " + type);
        }

        private static boolean isOurs(Element element) {
            return element.toString().startsWith("phema.")
                    && (element.getKind() == ElementKind.ENUM
                            || element.getModifiers().contains(Modifier.SEALED));
        }
    }
}
