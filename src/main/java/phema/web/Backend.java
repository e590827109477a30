package phema.web;

import java.util.List;
import java.util.Optional;
import phema.catalog.Run;
import phema.format.Format;
import phema.profile.Profile;
import phema.solver.Files;
import phema.solver.Fit;
import phema.solver.Method;
import phema.synthesis.Content;
import phema.tensor.DType;

interface Backend {
    List<Run> runs();

    Run run(String name);

    Run rescan(String name);

    List<Fit> fit(Run run, List<Profile> targets, Method method, Files files);

    Content content(Run run, Profile target, Method method, Files files, Format format, Optional<DType> dtype);

    record TensorContent(Content content, DType dtype, phema.tensor.Shape shape) {}

    TensorContent tensor(Run run, Profile target, Method method, Files files, Optional<DType> dtype, String name);
}
