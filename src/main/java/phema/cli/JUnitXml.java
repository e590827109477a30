package phema.cli;

import java.io.StringWriter;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Collectors;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;
import org.jspecify.annotations.Nullable;
import phema.api.TrialView;

/** Writes a sweep as a test report in JUnit's XML: a test for each trial and gate, and one if it came to no end. */
final class JUnitXml {
    private final SweepReport report;
    private final StringWriter text = new StringWriter();
    private final XMLStreamWriter xml;

    private JUnitXml(SweepReport report) throws XMLStreamException {
        this.report = report;
        xml = XMLOutputFactory.newFactory().createXMLStreamWriter(text);
    }

    static String of(SweepReport report) {
        try {
            return new JUnitXml(report).write();
        } catch (XMLStreamException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What a test case came to. */
    private enum Outcome {
        PASSED,
        FAILURE,
        ERROR,
        SKIPPED
    }

    private String write() throws XMLStreamException {
        SweepResults results = report.results();
        List<TrialView> trials = results == null ? List.of() : results.trials();
        List<Outcome> outcomes = new ArrayList<>();
        trials.forEach(trial -> outcomes.add(outcome(trial)));
        report.verdicts().forEach(verdict -> outcomes.add(outcome(verdict)));
        if (!report.complaint().isEmpty()) outcomes.add(Outcome.ERROR);
        int failures = Collections.frequency(outcomes, Outcome.FAILURE);
        int errors = Collections.frequency(outcomes, Outcome.ERROR);
        double seconds = trials.stream().mapToDouble(JUnitXml::seconds).sum();
        String name = report.title();

        xml.writeStartDocument("UTF-8", "1.0");
        xml.writeStartElement("testsuites");
        attributes("name", name, "tests", outcomes.size(), "failures", failures, "errors", errors);
        attributes("time", decimal(seconds));
        line("testsuite", "name", name);
        attributes("tests", outcomes.size(), "failures", failures, "errors", errors);
        attributes("skipped", Collections.frequency(outcomes, Outcome.SKIPPED), "time", decimal(seconds));
        if (results != null) writeSweep(results);
        for (Verdict verdict : report.verdicts()) write(verdict);
        if (!report.complaint().isEmpty()) writeComplaint();
        end();
        end();
        xml.writeEndDocument();
        return text + "\n";
    }

    private void writeSweep(SweepResults results) throws XMLStreamException {
        attributes(
                "timestamp",
                DateTimeFormatter.ISO_LOCAL_DATE_TIME.format(
                        Instant.ofEpochSecond(results.sweep().createdEpochMillis() / 1000)
                                .atOffset(ZoneOffset.UTC)));
        line("properties");
        property("sweep", results.sweep().id());
        property("evaluator", results.sweep().evaluator());
        property("best", results.optimum());
        end();
        for (TrialView trial : results.trials()) write(trial, results.name(trial));
    }

    private void writeComplaint() throws XMLStreamException {
        line("testcase", "classname", suite("sweep"), "name", "sweep", "time", "0");
        problem("error", firstLine(report.complaint()), report.complaint());
        end();
    }

    private String suite(String part) {
        SweepResults results = report.results();
        String run = results == null ? report.run() : results.sweep().run();
        return run.isEmpty() ? part : run + "." + part;
    }

    private String optimum() {
        SweepResults results = report.results();
        return results == null ? "" : results.optimum();
    }

    private void property(String name, String value) throws XMLStreamException {
        line("property", "name", name, "value", value);
        end();
    }

    private Outcome outcome(TrialView trial) {
        if (trial.state().equals("failed")) return report.failuresAllowed() ? Outcome.SKIPPED : Outcome.ERROR;
        return SweepResults.isDone(trial) ? Outcome.PASSED : Outcome.SKIPPED;
    }

    private void write(TrialView trial, String name) throws XMLStreamException {
        line("testcase", "classname", suite("trials"), "name", name);
        attributes("time", decimal(seconds(trial)));
        String error = Objects.requireNonNullElse(trial.error(), "failed");
        switch (outcome(trial)) {
            case ERROR, FAILURE -> problem("error", firstLine(error), error);
            case SKIPPED ->
                skip(
                        report.failuresAllowed() && trial.error() != null
                                ? "failed, which is allowed: " + firstLine(error)
                                : trial.state());
            case PASSED -> {
                line("system-out");
                characters(trial.metrics().entrySet().stream()
                        .map(e -> e.getKey() + " " + e.getValue())
                        .collect(Collectors.joining("\n")));
                xml.writeEndElement();
            }
        }
        end();
    }

    private static Outcome outcome(Verdict verdict) {
        if (verdict.value() == null) return Outcome.ERROR;
        if (!verdict.met()) return Outcome.FAILURE;
        return verdict.isOpen() ? Outcome.SKIPPED : Outcome.PASSED;
    }

    private void write(Verdict verdict) throws XMLStreamException {
        line("testcase", "classname", suite("gates"), "name", verdict.gate().toString());
        attributes("time", "0");
        switch (outcome(verdict)) {
            case ERROR -> problem("error", String.valueOf(verdict.unjudged()), optimum());
            case FAILURE -> problem("failure", verdict.toString(), optimum());
            case SKIPPED -> skip(verdict.toString());
            case PASSED -> {}
        }
        end();
    }

    private void skip(String message) throws XMLStreamException {
        line("skipped", "message", message);
        end();
    }

    private void problem(String element, String message, String details) throws XMLStreamException {
        line(element, "message", message);
        characters(details);
        xml.writeEndElement();
    }

    private void line(String element, String... attributes) throws XMLStreamException {
        xml.writeCharacters("\n");
        xml.writeStartElement(element);
        attributes((Object[]) attributes);
    }

    private void end() throws XMLStreamException {
        xml.writeEndElement();
    }

    /** Names and values. */
    private void attributes(Object... attributes) throws XMLStreamException {
        for (int i = 0; i < attributes.length; i += 2)
            xml.writeAttribute(attributes[i].toString(), allowed(attributes[i + 1].toString()));
    }

    private void characters(String details) throws XMLStreamException {
        xml.writeCharacters(allowed(details));
    }

    /** What programs print may hold what XML cannot (XML 1.0, production 2). */
    private static String allowed(String text) {
        return text.codePoints()
                .map(c ->
                        c == '\t' || c == '\n' || c >= ' ' && c <= 0xD7FF || c >= 0xE000 && c <= 0xFFFD || c >= 0x10000
                                ? c
                                : '?')
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    private static String firstLine(String text) {
        return text.lines().findFirst().orElse("");
    }

    private static double seconds(TrialView trial) {
        @Nullable Long started = trial.startedEpochMillis();
        @Nullable Long ended = trial.endedEpochMillis();
        return started == null || ended == null || ended < started ? 0 : (ended - started) / 1e3;
    }

    private static String decimal(double seconds) {
        return String.format(Locale.ROOT, "%.3f", seconds);
    }
}
