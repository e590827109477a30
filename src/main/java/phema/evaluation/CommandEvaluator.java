package phema.evaluation;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import phema.catalog.Run;
import phema.evaluation.EvaluatorProperties.Delivery;
import phema.evaluation.EvaluatorProperties.EvaluatorSettings;
import phema.format.Format;
import phema.problem.Problem;
import phema.text.StoredJson;
import phema.text.StrictJson;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * Runs a program of the user's. In its arguments <code>{weights}</code>, <code>{guide}</code>, <code>{trial}</code>,
 * <code>{workdir}</code> and the values of all axes beyond the weights, such as <code>{guidance}</code> and
 * <code>{seeds}</code>, are replaced; the last line of its standard output is a JSON object of metrics.
 */
final class CommandEvaluator implements Evaluator {
    private static final int TAIL = 2000;

    /** The statuses that programs ended by SIGKILL and SIGTERM have, and shells that waited for them. */
    private static final int KILLED = 128 + 9;

    private static final int TERMINATED = 128 + 15;

    /** The number that is none, as languages print it where JSON has no word for it. */
    private static final Pattern NO_NUMBER =
            Pattern.compile("(?i)[\"']([^\"']+)[\"']\\s*:\\s*([-+]?(?:nan|inf(?:inity)?))\\b");

    private static final Pattern PARAM = Pattern.compile("\\{param\\.(\\w+)}");

    private final String name;
    private final EvaluatorSettings settings;
    private final WeightCache cache;
    private final WeightsUrl url;
    private final TrialFolders folders;

    CommandEvaluator(String name, EvaluatorSettings settings, WeightCache cache, WeightsUrl url, TrialFolders folders) {
        this.name = name;
        this.settings = settings;
        this.cache = cache;
        this.url = url;
        this.folders = folders;
    }

    @Override
    public EvaluatorIdentity identity(EvaluationSpec spec, Run run) {
        Map<String, String> shown = new TreeMap<>();
        shown.put("type", "command");
        // That of the weights has it already.
        settings.wantedFormat().ifPresent(format -> shown.put("format", format.extension()));
        if (settings.version().isEmpty()) shown.put("command", StoredJson.write(settings.command()));
        else shown.put("version", settings.version());
        return new EvaluatorIdentity(
                name + " " + (settings.version().isEmpty() ? settings.command() : settings.version()), shown);
    }

    @Override
    public int retries() {
        return settings.retries();
    }

    @Override
    public Optional<Format> format() {
        return settings.wantedFormat();
    }

    @Override
    public void requireStartable(EvaluationSpec spec, Run run) {
        String program = settings.command().getFirst();
        if (!ProgramPath.isThere(program))
            throw Problem.invalid(
                    "evaluator",
                    "phema.evaluators." + name + ".command: " + program
                            + (program.contains("/") ? " is no executable file" : " is not on the PATH"));
        List<String> given =
                spec.axes().get(Axes.PARAMS).stream().map(Param::name).toList();
        for (String wanted : wanted(settings.command()))
            if (!given.contains(wanted))
                throw Problem.invalid(
                        "params",
                        "the command of the evaluator " + name + " wants {param." + wanted
                                + "}, but the sweep has no parameter " + wanted);
    }

    /** Names of the parameters that a command mentions. */
    private static List<String> wanted(List<String> command) {
        return command.stream()
                .flatMap(argument -> PARAM.matcher(argument).results())
                .map(found -> found.group(1))
                .toList();
    }

    @Override
    public Map<String, Double> evaluate(EvaluationTask task, EvaluationLog log, Pictures pictures)
            throws EvaluationException, IOException, InterruptedException {
        requireStartable(task.spec(), task.weights().run());
        try (TrialFolders.TrialFolder workdir = folders.make(name)) {
            if (settings.weights() == Delivery.URL) {
                String weights = url.of(task.spec(), task.weights());
                Optional<String> guide = task.guide().map(g -> url.of(task.spec(), g));
                return run(task, weights, guide.orElse(weights), workdir, log, pictures);
            }
            List<EvaluationWeights> needed = new ArrayList<>(List.of(task.weights()));
            task.guide().ifPresent(needed::add);
            try (WeightCache.Lease lease = cache.lease(needed)) {
                Path guide = lease.file(task.guide().orElse(task.weights()));
                return run(task, lease.file(task.weights()).toString(), guide.toString(), workdir, log, pictures);
            }
        }
    }

    private Map<String, Double> run(
            EvaluationTask task,
            String weights,
            String guide,
            TrialFolders.TrialFolder folder,
            EvaluationLog log,
            Pictures pictures)
            throws EvaluationException, IOException, InterruptedException {
        Path workdir = folder.path();
        Path json = workdir.resolve("trial.json");
        Files.writeString(json, describe(task, weights, guide));
        Map<String, Object> placeholders = new LinkedHashMap<>();
        placeholders.put("weights", weights);
        placeholders.put("guide", guide);
        placeholders.put("trial", json);
        placeholders.put("workdir", workdir);
        for (Axis<?, ?> axis : Axes.ALL) if (!axis.isOfWeights()) placeholders.putAll(axis.cells(task.point()));
        List<String> command = settings.command().stream()
                .map(argument -> replaced(argument, placeholders))
                .toList();
        // An extended sweep has trials from before.
        List<String> missing = wanted(command);
        if (!missing.isEmpty())
            throw new EvaluationException("the command wants {param." + missing.getFirst()
                    + "}, but this trial has no parameter " + missing.getFirst());
        log.line("$ " + String.join(" ", command));
        ChildProcess.Result result = ChildProcess.run(command, workdir, settings.timeout(), log, folder::worksFor);
        if (result.timedOut())
            throw new EvaluationException(
                    "took longer than " + settings.timeout().toSeconds() + " s; " + "phema.evaluators." + name
                            + ".timeout allows no more",
                    log.tail(TAIL));
        if (result.status() != 0) throw new EvaluationException(ended(result.status()), log.tail(TAIL));
        Map<String, Double> metrics = metrics(result.lastLine(), log);
        PictureFiles.collect(workdir, pictures, log);
        return metrics;
    }

    private static String replaced(String argument, Map<String, Object> placeholders) {
        String all = argument;
        for (Map.Entry<String, Object> p : placeholders.entrySet())
            all = all.replace("{" + p.getKey() + "}", p.getValue().toString());
        return all;
    }

    /** What a command may want to know of its trial. */
    private static String describe(EvaluationTask task, String weights, String guide) {
        Point point = task.point();
        SequencedMap<String, Object> all = new LinkedHashMap<>();
        all.put("sweep", task.sweep());
        all.put("trial", task.trial());
        all.put("attempt", task.attempt());
        all.put("run", task.spec().run());
        all.put("target", target(point));
        all.put("weights", weights);
        Map<String, JsonNode> values = point.json();
        for (Axis<?, ?> axis : Axes.ALL) {
            String field = axis.names().field();
            if (axis == Axes.GUIDES)
                point.guide().ifPresent(g -> {
                    SequencedMap<String, Object> guiding = new LinkedHashMap<>();
                    guiding.put("run", g.run());
                    guiding.put(LengthFields.SIGMA_REL, g.sigmaRel());
                    guiding.put("time", g.time());
                    guiding.put("weights", guide);
                    all.put(field, guiding);
                });
            else if (!axis.isOfWeights() && values.containsKey(field)) all.put(field, values.get(field));
        }
        List<String> metrics = task.spec().metrics().names();
        all.put("metric", metrics.getFirst());
        if (metrics.size() > 1) all.put("metrics", metrics);
        return StoredJson.write(all);
    }

    /** The average; that of the paper also by its EMA length. */
    private static Map<String, Object> target(Point point) {
        Map<String, Object> target = new LinkedHashMap<>();
        target.put(LengthFields.of(point.family()), point.length());
        target.put("time", point.time());
        target.put(LengthFields.PROFILE, point.profile());
        return target;
    }

    private static Map<String, Double> metrics(String line, EvaluationLog log) throws EvaluationException {
        try {
            JsonNode json = StrictJson.MAPPER.readTree(line);
            if (json != null && json.isObject() && !json.isEmpty()) {
                Map<String, Double> metrics = new LinkedHashMap<>();
                for (Map.Entry<String, JsonNode> entry : json.properties()) {
                    Optional<String> fault = MetricName.fault(entry.getKey());
                    if (fault.isPresent()) throw new EvaluationException(fault.get() + ": " + shortened(line));
                    if (!entry.getValue().isNumber()
                            || !Double.isFinite(entry.getValue().asDouble()))
                        throw new EvaluationException("the metric " + entry.getKey() + " is "
                                + shortened(entry.getValue().toString()) + ", which is no finite number: "
                                + shortened(line));
                    metrics.put(entry.getKey(), entry.getValue().asDouble());
                }
                return metrics;
            }
        } catch (JacksonException e) {
            Optional<String> repeated = StrictJson.repeated(e);
            if (repeated.isPresent())
                throw new EvaluationException(
                        "the metric " + repeated.get() + " is there more than once: " + shortened(line),
                        log.tail(TAIL));
            // all else is said below
        }
        Matcher noNumber = NO_NUMBER.matcher(line);
        if (noNumber.find())
            throw new EvaluationException(
                    "the metric " + noNumber.group(1) + " is " + noNumber.group(2) + ", which is no result: "
                            + shortened(line),
                    log.tail(TAIL));
        throw new EvaluationException(
                "the last line of its output is not a JSON object such as {\"fid\": 2.34}: " + shortened(line),
                log.tail(TAIL));
    }

    private static String ended(int status) {
        return "ended with status " + status
                + switch (status) {
                    case KILLED -> ": it was killed, as when memory runs out";
                    case TERMINATED -> ": it was told to end, as when a machine or a job does";
                    default -> "";
                };
    }

    private static String shortened(String line) {
        return line.length() > 200 ? line.substring(0, 200) + "..." : line;
    }
}
