package phema.hub;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TextTest {
    /** {@code printf 'test content\n' | git hash-object --stdin}, from the book Pro Git, section 10.2. */
    @Test
    void isNamedAsGitNamesIt() {
        assertThat(GeneratedText.of("a", "test content\n").identity())
                .isEqualTo("d670460b4b4aece5915caf5c68d12f560a9fe3e4");
    }

    /** The example of the Git LFS specification. */
    @Test
    void pointsToWhatGitKeepsElsewhere() {
        assertThat(Lfs.pointer("4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393", 12345))
                .isEqualTo("""
                        version https://git-lfs.github.com/spec/v1
                        oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393
                        size 12345
                        """);
    }
}
