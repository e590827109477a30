package phema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.kubernetes.client.openapi.models.V1ConfigMap;
import io.kubernetes.client.openapi.models.V1Deployment;
import io.kubernetes.client.openapi.models.V1NetworkPolicy;
import io.kubernetes.client.openapi.models.V1PersistentVolumeClaim;
import io.kubernetes.client.openapi.models.V1PodDisruptionBudget;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V2HorizontalPodAutoscaler;
import java.io.IOException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.jdbc.autoconfigure.DataSourceProperties;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.boot.web.server.autoconfigure.ServerProperties;
import org.springframework.context.ApplicationContext;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.yaml.snakeyaml.Yaml;
import software.amazon.awssdk.core.SdkSystemSetting;

/** Manifests for clusters are what the API of Kubernetes takes, and say what this application understands. */
@SpringBootTest(
        classes = PhemaApplication.class,
        webEnvironment = WebEnvironment.RANDOM_PORT,
        properties = "phema.worker.enabled=false")
class KubernetesTest {
    private static final Path FOLDER = Path.of("docker/kubernetes");
    private static final Pattern GAUGE = Pattern.compile("phema_queue_\\w+");

    @TempDir
    static Path home;

    @DynamicPropertySource
    static void properties(DynamicPropertyRegistry registry) {
        registry.add("phema.home", home::toString);
        registry.add("phema.roots", home::toString);
    }

    @LocalServerPort
    int port;

    @Autowired
    ApplicationContext context;

    private static List<JsonObject> manifests(String file) throws IOException {
        List<JsonObject> found = new ArrayList<>();
        for (Object document : new Yaml().loadAll(Files.readString(FOLDER.resolve(file))))
            found.add(new Gson().toJsonTree(document).getAsJsonObject());
        return found;
    }

    private static List<String> files() throws IOException {
        try (Stream<Path> all = Files.list(FOLDER)) {
            return all.map(path -> String.valueOf(path.getFileName()))
                    .filter(name -> !name.equals("kustomization.yaml"))
                    .sorted()
                    .toList();
        }
    }

    private static List<JsonObject> all() throws IOException {
        List<JsonObject> found = new ArrayList<>();
        for (String file : files()) found.addAll(manifests(file));
        return found;
    }

    /** Unknown fields, those that are missing, and values of another type are refused. */
    private static void validate(JsonElement manifest) throws IOException {
        String kind = manifest.getAsJsonObject().get("apiVersion").getAsString() + " "
                + manifest.getAsJsonObject().get("kind").getAsString();
        switch (kind) {
            case "v1 ConfigMap" -> V1ConfigMap.validateJsonElement(manifest);
            case "v1 PersistentVolumeClaim" -> V1PersistentVolumeClaim.validateJsonElement(manifest);
            case "v1 Service" -> V1Service.validateJsonElement(manifest);
            case "apps/v1 Deployment" -> V1Deployment.validateJsonElement(manifest);
            case "autoscaling/v2 HorizontalPodAutoscaler" -> V2HorizontalPodAutoscaler.validateJsonElement(manifest);
            case "networking.k8s.io/v1 NetworkPolicy" -> V1NetworkPolicy.validateJsonElement(manifest);
            case "policy/v1 PodDisruptionBudget" -> V1PodDisruptionBudget.validateJsonElement(manifest);
            default -> throw new AssertionError("no schema is known of " + kind);
        }
    }

    @Test
    void everyManifestIsWhatTheApiTakes() throws IOException {
        assertThat(all()).hasSizeGreaterThanOrEqualTo(10);
        for (JsonObject manifest : all()) validate(manifest);
        JsonObject kustomization = manifests("kustomization.yaml").getFirst();
        assertThat(kustomization.getAsJsonArray("resources"))
                .extracting(JsonElement::getAsString)
                .containsExactlyInAnyOrderElementsOf(files());
    }

    @Test
    void whatTheApiDoesNotTakeIsNoticed() throws IOException {
        JsonObject wrong = deployment("serve.yaml");
        container(wrong).getAsJsonObject("livenessProbe").addProperty("failureTreshold", 6);
        assertThatThrownBy(() -> validate(wrong)).hasMessageContaining("failureTreshold");
        JsonObject nameless = deployment("serve.yaml");
        container(nameless).remove("name");
        assertThatThrownBy(() -> validate(nameless)).hasMessageContaining("name");
    }

    private static JsonObject deployment(String file) throws IOException {
        return manifests(file).stream()
                .filter(m -> m.get("kind").getAsString().equals("Deployment"))
                .findFirst()
                .orElseThrow();
    }

    private static JsonObject pod(JsonObject deployment) {
        return deployment.getAsJsonObject("spec").getAsJsonObject("template").getAsJsonObject("spec");
    }

    private static JsonObject container(JsonObject deployment) {
        return pod(deployment).getAsJsonArray("containers").get(0).getAsJsonObject();
    }

    @Test
    void containersMayDoNoMoreThanTheyNeed() throws IOException {
        for (String file : List.of("serve.yaml", "workers.yaml")) {
            JsonObject security = container(deployment(file)).getAsJsonObject("securityContext");
            assertThat(security.get("readOnlyRootFilesystem").getAsBoolean()).isTrue();
            assertThat(security.get("allowPrivilegeEscalation").getAsBoolean()).isFalse();
            JsonObject pod = pod(deployment(file)).getAsJsonObject("securityContext");
            assertThat(pod.get("runAsNonRoot").getAsBoolean()).isTrue();
            // That of the image.
            assertThat(Files.readString(Path.of("pom.xml")))
                    .contains("<user>" + pod.get("runAsUser").getAsInt() + ":"
                            + pod.get("runAsGroup").getAsInt() + "</user>");
        }
    }

    @Test
    void probesAskForWhatThereIs() throws IOException, InterruptedException {
        for (String probe : List.of("startupProbe", "livenessProbe", "readinessProbe")) {
            JsonObject get =
                    container(deployment("serve.yaml")).getAsJsonObject(probe).getAsJsonObject("httpGet");
            assertThat(get.get("port").getAsString()).isEqualTo("http");
            URI uri = URI.create("http://localhost:" + port + get.get("path").getAsString());
            try (HttpClient client = HttpClient.newHttpClient()) {
                assertThat(client.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
                                .statusCode())
                        .as(uri.toString())
                        .isEqualTo(200);
            }
        }
    }

    @Test
    void workersScaleByWhatIsMeasured() throws IOException, InterruptedException {
        String measured;
        try (HttpClient client = HttpClient.newHttpClient()) {
            measured = client.send(
                            HttpRequest.newBuilder(URI.create("http://localhost:" + port + "/actuator/prometheus"))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body();
        }
        Set<String> used = GAUGE.matcher(Files.readString(FOLDER.resolve("workers.yaml")))
                .results()
                .map(match -> match.group())
                .filter(name -> !name.equals("phema_queue_work"))
                .collect(Collectors.toSet());
        assertThat(used).containsExactlyInAnyOrder("phema_queue_depth", "phema_queue_taken");
        for (String name : used) assertThat(measured).containsPattern("(?m)^" + name + " ");
    }

    @Test
    void everySettingIsOne() throws IOException {
        Set<String> known = known();
        Set<String> said = new TreeSet<>(
                manifests("settings.yaml").getFirst().getAsJsonObject("data").keySet());
        for (String file : List.of("serve.yaml", "workers.yaml"))
            for (JsonElement variable : container(deployment(file)).getAsJsonArray("env"))
                said.add(variable.getAsJsonObject().get("name").getAsString());
        Matcher slurm = Pattern.compile("(?m)^export (\\w+)=|\\$\\{(SPRING_\\w+|PHEMA_\\w+)")
                .matcher(Files.readString(Path.of("docker/slurm/workers.sbatch")));
        while (slurm.find()) said.add(slurm.group(1) != null ? slurm.group(1) : slurm.group(2));
        assertThat(said).hasSizeGreaterThan(12);
        assertThat(said).isSubsetOf(known);
    }

    /** The variables of all settings of ours, and of those of others that stand in the files. */
    private Set<String> known() {
        Set<String> known = new TreeSet<>(Set.of("PHEMA_HOME"));
        for (Object bean :
                context.getBeansWithAnnotation(ConfigurationProperties.class).values())
            if (bean.getClass().isRecord())
                variables(
                        bean.getClass()
                                .getAnnotation(ConfigurationProperties.class)
                                .value(),
                        bean.getClass(),
                        known);
        for (Class<?> of : List.of(DataSourceProperties.class, ServerProperties.class)) {
            String prefix = of.getAnnotation(ConfigurationProperties.class).value();
            Arrays.stream(of.getMethods())
                    .filter(method -> method.getName().startsWith("set"))
                    .forEach(method ->
                            known.add(variable(prefix + "." + method.getName().substring(3))));
        }
        for (SdkSystemSetting setting : SdkSystemSetting.values()) known.add(setting.environmentVariable());
        return known;
    }

    private static void variables(String prefix, Class<?> settings, Set<String> known) {
        for (RecordComponent component : settings.getRecordComponents()) {
            String name = prefix + "." + component.getName();
            known.add(variable(name));
            Type type = component.getGenericType();
            if (type instanceof ParameterizedType list
                    && list.getActualTypeArguments()[0] instanceof Class<?> element
                    && element.isRecord()) for (int i = 0; i < 2; i++) variables(name + "." + i, element, known);
        }
    }

    private static String variable(String name) {
        return name.replace("-", "").replace('.', '_').toUpperCase(Locale.ROOT);
    }
}
