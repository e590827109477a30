package phema.hub;

import static org.springframework.web.bind.annotation.RequestMethod.GET;
import static org.springframework.web.bind.annotation.RequestMethod.HEAD;

import io.swagger.v3.oas.annotations.Hidden;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** Says of addresses that the hub has and phema has not why that is, for clients show it to their users. */
@RestController
@Hidden
final class NotOfferedController {
    private final Repositories repositories;

    NotOfferedController(Repositories repositories) {
        this.repositories = repositories;
    }

    @RequestMapping(
            path = {
                "/api/models/{name}",
                "/api/models/{name}/revision/{*rest}",
                "/api/models/{name}/tree/{*rest}",
                "/{name}/resolve/{revision}/{*rest}",
                "/{name}/raw/{revision}/{*rest}"
            },
            method = {GET, HEAD})
    void withoutOwner(@PathVariable String name) {
        throw repositories.withoutOwner(name);
    }

    @RequestMapping({"/api/datasets/**", "/api/spaces/**", "/datasets/**", "/spaces/**"})
    void otherKinds() {
        throw HubError.noRepository("phema has models alone, no datasets and no spaces");
    }

    @RequestMapping({"/api/whoami-v2", "/api/organizations/**", "/api/users/**"})
    void accounts() {
        throw HubError.notOffered(
                "phema has no accounts; tokens are made by `phema token`, and say what their holder may do");
    }

    @RequestMapping({"/api/repos/**", "/api/validate-yaml", "/api/models/{owner}/{name}/discussions/**"})
    void repositories() {
        throw readOnly();
    }

    @PostMapping({"/api/models/{owner}/{name}/{what}", "/api/models/{owner}/{name}/{what}/{*rest}"})
    void post() {
        throw readOnly();
    }

    @PutMapping("/api/models/**")
    void put() {
        throw readOnly();
    }

    @DeleteMapping("/api/models/**")
    void delete() {
        throw readOnly();
    }

    private static HubError readOnly() {
        return HubError.readOnly(
                "Repositories of phema are computed from the snapshots of runs: nothing can be uploaded"
                        + " to them, created or changed");
    }
}
