package phema.sweep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import phema.problem.Problem;

class DescriptionChangeTest {
    private static final SweepDescription BEFORE =
            new SweepDescription(Optional.of("nightly"), "a note", new TreeSet<>(List.of("paper")), true);

    private static DescriptionChange tags(List<String> tags) {
        return new DescriptionChange(Optional.empty(), Optional.empty(), Optional.of(tags), Optional.empty());
    }

    private static DescriptionChange note(String note) {
        return new DescriptionChange(Optional.empty(), Optional.of(note), Optional.empty(), Optional.empty());
    }

    @Test
    void whatIsLeftOutStays() {
        assertThat(DescriptionChange.NONE.of(BEFORE)).isEqualTo(BEFORE);
        assertThat(tags(List.of("b", "a", "b")).of(BEFORE))
                .isEqualTo(
                        new SweepDescription(Optional.of("nightly"), "a note", new TreeSet<>(List.of("a", "b")), true));
        assertThat(DescriptionChange.archived(false).of(BEFORE).archived()).isFalse();
    }

    @Test
    void anEmptyTextTakesAway() {
        assertThat(DescriptionChange.named(Optional.of("")).of(BEFORE).name()).isEmpty();
        assertThat(note("").of(BEFORE).note()).isEmpty();
        assertThat(tags(List.of()).of(BEFORE).tags()).isEmpty();
    }

    @Test
    void linesOfFormsAreLines() {
        assertThat(note(" one\r\ntwo\n").of(BEFORE).note()).isEqualTo("one\ntwo");
    }

    @Test
    void saysWhichFieldCannotBeLikeThat() {
        assertThatThrownBy(() -> DescriptionChange.named(Optional.of("a b")).of(BEFORE))
                .isInstanceOf(Problem.class)
                .hasMessageStartingWith("name must be");
        for (String tag : List.of("a b", "", "\"", "x".repeat(41)))
            assertThatThrownBy(() -> tags(List.of(tag)).of(BEFORE)).hasMessageStartingWith("a tag must be");
        assertThatThrownBy(() -> tags(IntStream.range(0, 21)
                                .mapToObj(String::valueOf)
                                .toList())
                        .of(BEFORE))
                .hasMessage("there are 21 tags; a sweep may have 20");
        assertThatThrownBy(() -> note("x".repeat(2001)).of(BEFORE))
                .hasMessage("note has 2001 characters; it may have 2000");
        assertThatThrownBy(() -> note("a\0b").of(BEFORE)).hasMessageContaining("control character");
    }
}
