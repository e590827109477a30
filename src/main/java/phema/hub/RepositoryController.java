package phema.hub;

import static java.util.Objects.requireNonNullElse;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.util.MultiValueMap;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import phema.catalog.Run;
import phema.problem.Problem;
import phema.synthesis.WeightsReference;

/** Answers which repositories there are, and what their revisions hold. */
@RestController
@RequestMapping(path = "/api/models", produces = MediaType.APPLICATION_JSON_VALUE)
final class RepositoryController {
    private final Repositories repositories;
    private final Commits commits;
    private final OfferedLengths lengths;

    RepositoryController(Repositories repositories, Commits commits, OfferedLengths lengths) {
        this.repositories = repositories;
        this.commits = commits;
        this.lengths = lengths;
    }

    /** @param search part of a repository's name; upper and lower case are the same */
    @GetMapping
    List<ModelInfo> list(
            @RequestParam(defaultValue = "") String search,
            @RequestParam(defaultValue = "") String author,
            @RequestParam(defaultValue = "1000") long limit) {
        if (limit < 0) throw Problem.invalid("limit", "limit must be at least 0, not " + limit);
        return repositories.all().stream()
                .map(run -> ModelInfo.of(repositories.name(run), run))
                .filter(model -> model.id().toLowerCase(Locale.ROOT).contains(search.toLowerCase(Locale.ROOT)))
                .filter(model -> author.isEmpty() || model.author().equals(author))
                .limit(limit)
                .toList();
    }

    @GetMapping({"/{owner}/{name}", "/{owner}/{name}/revision/{revision}"})
    ModelInfo info(
            @PathVariable String owner,
            @PathVariable String name,
            @PathVariable(required = false) @Nullable String revision) {
        Run run = repositories.run(owner, name);
        Commit commit = commits.of(run, requireNonNullElse(revision, Revision.MAIN));
        return ModelInfo.of(owner + "/" + name, run, commit);
    }

    /** Branches only: what they point to changes with every new snapshot. */
    record Refs(List<GitRef> branches, List<GitRef> converts, List<GitRef> tags, List<GitRef> pullRequests) {
        record GitRef(String name, String ref, String targetCommit) {
            static GitRef branch(String name, Commit commit) {
                return new GitRef(name, "refs/heads/" + name, commit.sha());
            }
        }
    }

    @GetMapping("/{owner}/{name}/refs")
    Refs refs(@PathVariable String owner, @PathVariable String name) {
        Run run = Revision.requireAny(repositories.run(owner, name));
        WeightsReference main = lengths.recommended(run).revision();
        List<Refs.GitRef> branches =
                new ArrayList<>(List.of(Refs.GitRef.branch(Revision.MAIN, commits.latest(run, main))));
        Stream.concat(Stream.of(main), lengths.expressible(run).stream())
                .distinct()
                .filter(WeightsReference::isNamed)
                .map(revision -> Refs.GitRef.branch(revision.printMoving(run), commits.latest(run, revision)))
                .forEach(branches::add);
        return new Refs(branches, List.of(), List.of(), List.of());
    }

    /** The history of a revision: nothing came before it. */
    record History(String id, String title, String message, List<String> authors, Instant date) {}

    @GetMapping("/{owner}/{name}/commits/{revision}")
    List<History> history(@PathVariable String owner, @PathVariable String name, @PathVariable String revision) {
        Commit commit = commits.of(repositories.run(owner, name), revision);
        return List.of(new History(commit.sha(), commit.title(), "", List.of(), commit.date()));
    }

    @GetMapping({"/{owner}/{name}/tree/{revision}", "/{owner}/{name}/tree/{revision}/{*path}"})
    List<TreeEntry> tree(
            @PathVariable String owner,
            @PathVariable String name,
            @PathVariable String revision,
            @PathVariable(required = false) @Nullable String path,
            @RequestParam(defaultValue = "false") boolean recursive,
            @RequestParam(defaultValue = "false") boolean expand) {
        Commit commit = commits.of(repositories.run(owner, name), revision);
        String folder = requireNonNullElse(path, "").replaceAll("^/+|/+$", "");
        return TreeEntry.in(commit, folder, recursive, expand);
    }

    /** Which paths to tell of. */
    record Paths(
            @Nullable List<@Nullable String> paths,
            @Nullable Boolean expand) {
        List<String> named() {
            return paths == null
                    ? List.of()
                    : paths.stream().filter(Objects::nonNull).toList();
        }
    }

    @PostMapping(path = "/{owner}/{name}/paths-info/{revision}", consumes = MediaType.APPLICATION_JSON_VALUE)
    List<TreeEntry> pathsInfo(
            @PathVariable String owner,
            @PathVariable String name,
            @PathVariable String revision,
            @RequestBody Paths asked) {
        Commit commit = commits.of(repositories.run(owner, name), revision);
        return TreeEntry.at(commit, asked.named(), Boolean.TRUE.equals(asked.expand()));
    }

    /** The same from huggingface_hub, which sends a form. */
    @PostMapping(path = "/{owner}/{name}/paths-info/{revision}", consumes = MediaType.APPLICATION_FORM_URLENCODED_VALUE)
    List<TreeEntry> pathsInfoOfForm(
            @PathVariable String owner,
            @PathVariable String name,
            @PathVariable String revision,
            @RequestParam MultiValueMap<String, String> form) {
        boolean expand = Boolean.parseBoolean(form.getFirst("expand"));
        return pathsInfo(owner, name, revision, new Paths(List.copyOf(form.getOrDefault("paths", List.of())), expand));
    }
}
