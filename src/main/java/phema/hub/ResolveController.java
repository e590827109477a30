package phema.hub;

import static org.springframework.web.bind.annotation.RequestMethod.GET;
import static org.springframework.web.bind.annotation.RequestMethod.HEAD;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.servlet.support.ServletUriComponentsBuilder;
import phema.http.ContentResponse;

/** Sends the files of a revision. */
@RestController
final class ResolveController {
    private final Repositories repositories;
    private final Commits commits;

    ResolveController(Repositories repositories, Commits commits) {
        this.repositories = repositories;
        this.commits = commits;
    }

    @RequestMapping(
            path = {"/{owner}/{name}/resolve/{revision}/{*path}", "/{owner}/{name}/raw/{revision}/{*path}"},
            method = {GET, HEAD})
    void resolve(
            @PathVariable String owner,
            @PathVariable String name,
            @PathVariable String revision,
            @PathVariable String path,
            HttpServletRequest request,
            HttpServletResponse response)
            throws IOException {
        Commit commit = commits.of(repositories.run(owner, name), revision);
        RepositoryEntry entry = commit.file(path.substring(1));
        response.setHeader("X-Repo-Commit", commit.sha());
        // Where huggingface_hub then downloads from: the bytes of this commit, also when the name has moved on before
        // it resumes.
        response.setHeader(
                "Location",
                ServletUriComponentsBuilder.fromContextPath(request)
                        .pathSegment(owner, name, "resolve", commit.sha())
                        .path("/" + entry.path())
                        .build()
                        .encode()
                        .toUriString());
        ContentResponse.send(entry.content(), entry.mediaType(), request, response);
    }
}
