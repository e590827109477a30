package phema.web;

import static java.math.BigDecimal.ZERO;

import io.swagger.v3.core.converter.AnnotatedType;
import io.swagger.v3.core.converter.ModelConverters;
import io.swagger.v3.core.converter.ResolvedSchema;
import io.swagger.v3.oas.models.OpenAPI;
import io.swagger.v3.oas.models.headers.Header;
import io.swagger.v3.oas.models.info.Info;
import io.swagger.v3.oas.models.info.License;
import io.swagger.v3.oas.models.media.Content;
import io.swagger.v3.oas.models.media.IntegerSchema;
import io.swagger.v3.oas.models.media.MediaType;
import io.swagger.v3.oas.models.media.ObjectSchema;
import io.swagger.v3.oas.models.media.Schema;
import io.swagger.v3.oas.models.media.StringSchema;
import io.swagger.v3.oas.models.responses.ApiResponse;
import io.swagger.v3.oas.models.responses.ApiResponses;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.springdoc.core.customizers.GlobalOpenApiCustomizer;
import org.springdoc.core.customizers.GlobalOperationCustomizer;
import org.springframework.boot.info.BuildProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import phema.api.AskRequest;
import phema.api.HeartbeatRequest;
import phema.api.MeasurementsRequest;
import phema.api.Page;
import phema.api.SuggestRequest;
import phema.api.SweepAskRequest;
import phema.api.TellRequest;
import phema.evaluation.Axes;
import phema.evaluation.Axis;
import phema.evaluation.AxisNames;
import phema.evaluation.LengthFields;
import phema.evaluation.MetricName;

/** Adds what the OpenAPI description says of every operation, so that the controllers need not. */
@Configuration(proxyBeanMethods = false)
class ApiDescription {
    /** The schema of a point of a loan. */
    private static final String POINT = "PointView";

    private static final Map<Integer, String> PROBLEMS = new TreeMap<>(Map.of(
            400, "A value, field or parameter is wrong or unknown",
            401, "The service is configured with tokens, and this request has none or a wrong one",
            403, "The token's role does not allow this",
            404, "Nothing has this name: no run, format, tensor, sweep or job",
            409, "It cannot be done as things are: a file of the run changed while it was read, a job has ended",
            413, "The body is too large",
            422, "The run's files cannot give what was asked for",
            429, "This client sends too many requests; Retry-After says when to come again",
            500, "The server failed; its log says why",
            503, "The service is busy; Retry-After says when to come again"));

    /** The names that a path may hold. */
    private static final String PATH_NAME = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029/\\\\;%]+$";

    private static final List<Class<? extends Record>> WITH_NULLS = List.of(
            AskRequest.class,
            SweepAskRequest.class,
            HeartbeatRequest.class,
            TellRequest.class,
            SuggestRequest.class,
            SuggestRequest.MeasuredRequest.class,
            MeasurementsRequest.class,
            MeasurementsRequest.MeasurementRequest.class);

    @Bean
    OpenAPI openApi(BuildProperties build) {
        return new OpenAPI()
                .info(new Info()
                        .title("phema")
                        .version(build.getVersion())
                        .description("Weights of any EMA length from a training run's stored averages.")
                        .license(new License().name("Apache-2.0").url("https://www.apache.org/licenses/LICENSE-2.0")));
    }

    /** What annotations cannot say: a field for each axis, and which averages the lengths are of. */
    @Bean
    GlobalOpenApiCustomizer axes() {
        return api -> {
            Map<String, Schema> schemas = api.getComponents().getSchemas();
            for (Axis<?, ?> axis : Axes.ALL) {
                AxisNames names = axis.names();
                for (String asked : List.of("SweepRequest", "SweepView"))
                    addField(schemas, asked, names.name(), axis.askedType(), names.meaning());
                for (String measured : List.of("TrialView", "MeasurementView"))
                    addField(schemas, measured, names.field(), axis.valueType(), names.label());
                if (!axis.isRepeat()) addField(schemas, "OptimumView", names.field(), axis.valueType(), names.label());
            }
            for (String asked : List.of("SweepRequest", "SweepView")) {
                addField(
                        schemas,
                        asked,
                        LengthFields.PROFILE,
                        String.class,
                        "averages whose lengths are varied, with {} in the place of the length: power:{} where none are"
                                + " named, decay:cosine:{}, decay:linear:{},floor=0.1, uniform:{},"
                                + " exponential:halflife={}");
                addField(
                        schemas,
                        asked,
                        LengthFields.LENGTH,
                        Double[].class,
                        "lengths of the profile, instead of sigmaRel; windows and half-lives are on the training job's"
                                + " clock; of a search, its bounds");
            }
            // Fields that nobody knows are refused.
            schemas.forEach((name, schema) -> {
                if (name.endsWith("Request")) schema.setAdditionalProperties(false);
            });
            for (Class<?> request : WITH_NULLS) allowNulls(schema(schemas, request.getSimpleName()));
            conditionsOfSuggesting(schema(schemas, SuggestRequest.class.getSimpleName()));
            conditionsOfTelling(schema(schemas, TellRequest.class.getSimpleName()));
            schema(schemas, "SweepRequest")
                    .addProperty(
                            "evaluator",
                            new Schema<>()
                                    .addOneOfItem(new StringSchema().example("builtin"))
                                    .addOneOfItem(new Schema<>().$ref("EvaluatorRequest"))
                                    .description("a name below phema.evaluators, builtin where none is given; or an"
                                            + " evaluator of type remote, whose trials clients ask for"));
            pointsOfLoans(schemas);
            for (String shown : List.of("TrialView", "MeasurementView", "OptimumView", POINT)) {
                addField(schemas, shown, LengthFields.PROFILE, String.class, "the average, as decay:cosine:800");
                addField(schemas, shown, LengthFields.LENGTH, Double.class, "its length");
            }
        };
    }

    /** A loan's point has a field for each axis, as a trial has, but what the loan says itself. */
    private static void pointsOfLoans(Map<String, Schema> schemas) {
        schemas.put(POINT, new ObjectSchema());
        for (Axis<?, ?> axis : Axes.ALL) {
            AxisNames names = axis.names();
            if (axis != Axes.SEEDS && axis != Axes.GUIDES)
                addField(schemas, POINT, names.field(), axis.valueType(), names.label());
        }
        Schema<?> loan = schema(schemas, "LoanView");
        String meaning = property(loan, "point").getDescription();
        loan.addProperty("point", new Schema<>().$ref(POINT).description(meaning));
    }

    /** What is optional may be null as well. */
    @SuppressWarnings({"rawtypes", "unchecked"}) // as the library has it
    private static void allowNulls(Schema<?> request) {
        List<String> required = Objects.requireNonNullElse(request.getRequired(), List.of());
        for (Map.Entry<String, Schema> field : request.getProperties().entrySet()) {
            Schema schema = field.getValue();
            if (required.contains(field.getKey()) || !schema.getTypes().add("null") || schema.getEnum() == null)
                continue;
            List<Object> values = new ArrayList<>(schema.getEnum());
            values.add(null);
            schema.setEnum(values);
        }
    }

    // Conditions between fields are said without oneOf and anyOf, of which generators of clients make types of their
    // own.

    private static void conditionsOfSuggesting(Schema<?> request) {
        property(request, "tolerance").setDefault(SuggestRequest.TOLERANCE);
        // The annotation takes 0 for nothing said.
        property(request, "tolerance").setExclusiveMinimumValue(ZERO);
        request.setNot(
                new Schema<>().addProperty("bounds", nothing()).addProperty("points", new Schema<>().maxItems(1)));
        Schema<?> logarithmic = new Schema<>()
                .minimum(BigDecimal.valueOf(SuggestRequest.LEAST))
                .maximum(BigDecimal.valueOf(SuggestRequest.GREATEST));
        request.setIf(new Schema<>().addProperty("scale", new Schema<>()._enum(Arrays.asList("log", null))));
        request.setThen(new Schema<>()
                .addProperty("bounds", new Schema<>().items(logarithmic))
                .addProperty("points", new Schema<>().items(new Schema<>().addProperty("length", logarithmic))));
    }

    private static void conditionsOfTelling(Schema<?> request) {
        property(request, "metrics")
                .setPropertyNames(new StringSchema()
                        .minLength(1)
                        .maxLength(MetricName.LONGEST)
                        .pattern("\\S"));
        request.setIf(given("metrics"));
        request.setThen(new Schema<>().addProperty("error", nothing()));
        request.setElse(given("error"));
    }

    private static Schema<?> given(String field) {
        return new Schema<>().addRequiredItem(field).addProperty(field, new Schema<>().not(nothing()));
    }

    private static Schema<?> nothing() {
        return new Schema<>().types(Set.of("null"));
    }

    private static void addField(Map<String, Schema> schemas, String of, String name, Type type, String meaning) {
        ResolvedSchema resolved =
                ModelConverters.getInstance(true).resolveAsResolvedSchema(new AnnotatedType(type).resolveAsRef(true));
        resolved.referencedSchemas.forEach(schemas::putIfAbsent);
        schema(schemas, of).addProperty(name, resolved.schema.description(meaning));
    }

    private static Schema<?> schema(Map<String, Schema> schemas, String name) {
        return Objects.requireNonNull(schemas.get(name), name);
    }

    private static Schema<?> property(Schema<?> of, String name) {
        return Objects.requireNonNull(of.getProperties().get(name), name);
    }

    @Bean
    GlobalOperationCustomizer responses() {
        return (operation, method) -> {
            ApiResponses responses = operation.getResponses();
            if (operation.getParameters() != null) operation.getParameters().forEach(ApiDescription::limit);
            responses.values().forEach(ApiDescription::withoutParameters);
            if (method.getBeanType() == WeightsController.class) describeContent(responses);
            PROBLEMS.forEach((status, meaning) -> responses.addApiResponse(String.valueOf(status), problem(meaning)));
            if (method.getBeanType() != WeightsController.class)
                responses.addApiResponse("406", problem("Accept asks for something else than JSON"));
            if (operation.getRequestBody() != null)
                responses.addApiResponse("415", problem("The body is of none of the types above"));
            return operation;
        };
    }

    /** {@code text/csv}, in whatever character set it is sent. */
    private static void withoutParameters(ApiResponse response) {
        if (response.getContent() == null) return;
        Content content = new Content();
        response.getContent().forEach((type, media) -> content.addMediaType(type.replaceFirst(";.*", ""), media));
        response.setContent(content);
    }

    /** Of a path, what no name may hold; of pages, their sizes. */
    private static void limit(io.swagger.v3.oas.models.parameters.Parameter parameter) {
        Schema<?> schema = parameter.getSchema();
        if (schema == null) return;
        boolean isName = parameter.getIn().equals("path") && schema.getTypes().contains("string");
        if (isName && schema.getEnum() == null) schema.setPattern(PATH_NAME);
        if (parameter.getName().equals("page")) schema.setMinimum(ZERO);
        if (parameter.getName().equals("size")) {
            schema.setMinimum(BigDecimal.ONE);
            schema.setMaximum(BigDecimal.valueOf(Page.MAX_SIZE));
        }
    }

    private static void describeContent(ApiResponses responses) {
        Schema<?> bytes = new StringSchema().format("binary");
        Content whole = new Content().addMediaType("application/octet-stream", new MediaType().schema(bytes));
        Content ranges = new Content()
                .addMediaType("application/octet-stream", new MediaType().schema(bytes))
                .addMediaType("multipart/byteranges", new MediaType().schema(bytes));
        Header tag = new Header()
                .description("changes whenever any byte of the file could")
                .schema(new StringSchema());
        responses.addApiResponse(
                "200", new ApiResponse().description("The file").content(whole).addHeaderObject("ETag", tag));
        responses.addApiResponse(
                "206",
                new ApiResponse()
                        .description("The ranges that Range asks for")
                        .content(ranges)
                        .addHeaderObject("ETag", tag));
        responses.addApiResponse("304", new ApiResponse().description("If-None-Match names this version"));
        responses.addApiResponse("412", problem("If-Match names another version"));
        responses.addApiResponse(
                "416", new ApiResponse().description("Range lies outside of the file; Content-Range tells its size"));
    }

    private static ApiResponse problem(String meaning) {
        Schema<?> schema = new ObjectSchema()
                .addProperty("type", new StringSchema())
                .addProperty("title", new StringSchema())
                .addProperty("status", new IntegerSchema())
                .addProperty("detail", new StringSchema())
                .addProperty("instance", new StringSchema())
                .addProperty("field", new StringSchema().description("the field or parameter at fault"));
        return new ApiResponse()
                .description(meaning)
                .content(new Content().addMediaType("application/problem+json", new MediaType().schema(schema)));
    }
}
