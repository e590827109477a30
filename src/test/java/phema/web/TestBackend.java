package phema.web;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.flyway.autoconfigure.FlywayAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.context.annotation.Import;
import phema.catalog.*;
import phema.format.*;
import phema.problem.Problem;
import phema.profile.*;
import phema.solver.*;
import phema.synthesis.Content;
import phema.tensor.DType;

@SpringBootConfiguration
@EnableAutoConfiguration(exclude = {DataSourceAutoConfiguration.class, FlywayAutoConfiguration.class})
@Import({RunsController.class, FitsController.class, WeightsController.class, WebConfiguration.class, ApiDescription.class, Problems.class, ContainerErrors.class, MalformedRequests.class})
class TestBackend implements Backend {
    Run run = new Run("edm2", Path.of("edm2"), List.of(new Snapshot("a", new WeightFile(Path.of("a"), Format.EDM2_PICKLE, List.of(new FilePart(Path.of("a"), 4, Instant.EPOCH, "x")), Map.of(), List.of()), Power.ofSigmaRel(0.05, 1000))), List.of(), List.of());
    public List<Run> runs() { return List.of(run); }
    public Run run(String name) { if (!name.equals("edm2")) throw Problem.unknown("run", "no " + name); return run; }
    public Run rescan(String name) { return run(name); }
    public List<Fit> fit(Run run, List<Profile> targets, Method method, Files files) { return List.of(); }
    public Content content(Run run, Profile target, Method method, Files files, Format format, Optional<DType> dtype) { return new ComputedContent("a", 1000); }
    public TensorContent tensor(Run run, Profile target, Method method, Files files, Optional<DType> dtype, String name) { throw Problem.unknown("name", "no " + name); }
}
