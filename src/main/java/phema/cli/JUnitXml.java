package phema.cli;

import java.io.StringWriter;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Collectors;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;
import org.jspecify.annotations.Nullable;
import phema.api.TrialView;

/** Writes a sweep as a test report in JUnit's XML: a test for each trial, and one for each gate. */
final class JUnitXml {
    private final SweepResults results;
    private final StringWriter text = new StringWriter();
    private final XMLStreamWriter xml;

    private JUnitXml(SweepResults results) throws XMLStreamException {
        this.results = results;
        xml = XMLOutputFactory.newFactory().createXMLStreamWriter(text);
    }

    static String of(SweepResults results, List<Verdict> gates) {
        try {
            return new JUnitXml(results).write(gates);
        } catch (XMLStreamException e) {
            throw new IllegalStateException(e);
        }
    }

    private String write(List<Verdict> gates) throws XMLStreamException {
        int tests = results.trials().size() + gates.size();
        long errors = results.failed().size()
                + gates.stream().filter(JUnitXml::isError).count();
        long failures = gates.stream().filter(JUnitXml::isMissed).count();
        long skipped = results.trials().size()
                - results.done().size()
                - results.failed().size()
                + gates.stream().filter(Verdict::isOpen).count();
        double seconds =
                results.trials().stream().mapToDouble(JUnitXml::seconds).sum();
        String name = "phema sweep " + results.sweep().run();

        xml.writeStartDocument("UTF-8", "1.0");
        xml.writeStartElement("testsuites");
        attributes("name", name, "tests", tests, "failures", failures, "errors", errors, "time", decimal(seconds));
        line("testsuite", "name", name);
        attributes("tests", tests, "failures", failures, "errors", errors, "skipped", skipped);
        attributes(
                "time",
                decimal(seconds),
                "timestamp",
                DateTimeFormatter.ISO_LOCAL_DATE_TIME.format(
                        Instant.ofEpochSecond(results.sweep().createdEpochMillis() / 1000)
                                .atOffset(ZoneOffset.UTC)));
        line("properties");
        property("sweep", results.sweep().id());
        property("evaluator", results.sweep().evaluator());
        property("best", results.optimum());
        end();
        for (TrialView trial : results.trials()) write(trial);
        for (Verdict verdict : gates) write(verdict);
        end();
        end();
        xml.writeEndDocument();
        return text + "\n";
    }

    private void property(String name, String value) throws XMLStreamException {
        line("property", "name", name, "value", value);
        end();
    }

    private void write(TrialView trial) throws XMLStreamException {
        line("testcase", "classname", results.sweep().run() + ".trials", "name", results.name(trial));
        attributes("time", decimal(seconds(trial)));
        if (trial.state().equals("failed")) {
            String error = Objects.requireNonNullElse(trial.error(), "failed");
            problem("error", firstLine(error), error);
        } else if (SweepResults.isDone(trial)) {
            line("system-out");
            characters(trial.metrics().entrySet().stream()
                    .map(e -> e.getKey() + " " + e.getValue())
                    .collect(Collectors.joining("\n")));
            xml.writeEndElement();
        } else {
            line("skipped", "message", trial.state());
            end();
        }
        end();
    }

    private void write(Verdict verdict) throws XMLStreamException {
        line(
                "testcase",
                "classname",
                results.sweep().run() + ".gates",
                "name",
                verdict.gate().toString());
        attributes("time", "0");
        if (isError(verdict)) problem("error", String.valueOf(verdict.unjudged()), results.optimum());
        else if (isMissed(verdict)) problem("failure", verdict.toString(), results.optimum());
        else if (verdict.isOpen()) {
            line("skipped", "message", verdict.toString());
            end();
        }
        end();
    }

    private static boolean isError(Verdict verdict) {
        return verdict.value() == null;
    }

    private static boolean isMissed(Verdict verdict) {
        return !isError(verdict) && !verdict.met();
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
