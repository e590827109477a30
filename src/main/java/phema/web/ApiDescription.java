package phema.web;

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
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.springdoc.core.customizers.GlobalOpenApiCustomizer;
import org.springdoc.core.customizers.GlobalOperationCustomizer;
import org.springframework.boot.info.BuildProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import phema.evaluation.Axes;
import phema.evaluation.Axis;
import phema.evaluation.AxisNames;
import phema.evaluation.LengthFields;

/** Adds what the OpenAPI description says of every operation, so that the controllers need not. */
@Configuration(proxyBeanMethods = false)
class ApiDescription {
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
                addField(schemas, "TrialView", names.field(), axis.valueType(), names.label());
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
            schema(schemas, "SweepRequest")
                    .addProperty(
                            "evaluator",
                            new Schema<>()
                                    .addOneOfItem(new StringSchema().example("builtin"))
                                    .addOneOfItem(new Schema<>().$ref("EvaluatorRequest"))
                                    .description("a name below phema.evaluators, builtin where none is given; or an"
                                            + " evaluator of type remote, whose trials clients ask for"));
            for (String shown : List.of("TrialView", "OptimumView")) {
                addField(schemas, shown, LengthFields.PROFILE, String.class, "the average, as decay:cosine:800");
                addField(schemas, shown, LengthFields.LENGTH, Double.class, "its length");
            }
        };
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

    @Bean
    GlobalOperationCustomizer responses() {
        return (operation, method) -> {
            ApiResponses responses = operation.getResponses();
            if (method.getBeanType() == WeightsController.class) describeContent(responses);
            PROBLEMS.forEach((status, meaning) -> responses.addApiResponse(String.valueOf(status), problem(meaning)));
            if (method.getBeanType() != WeightsController.class)
                responses.addApiResponse("406", problem("Accept asks for something else than JSON"));
            if (operation.getRequestBody() != null)
                responses.addApiResponse("415", problem("The body is of none of the types above"));
            return operation;
        };
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
