package phema.security;

import static java.nio.charset.StandardCharsets.UTF_8;

import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.core.io.ClassPathResource;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.stereotype.Controller;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;

/** Shows the page on which people, whose browsers send no {@code Authorization}, present their token. */
@Controller
@ConditionalOnWebApplication
final class SignInController {
    static final String PATH = "/sign-in";

    private final String page;
    private final boolean needed;

    SignInController(Tokens tokens) throws IOException {
        needed = !tokens.isEmpty();
        page = new ClassPathResource("sign-in.html").getContentAsString(UTF_8);
    }

    /** The path of the page, behind what a proxy puts before all. */
    static String address(HttpServletRequest request) {
        return request.getContextPath() + PATH;
    }

    @GetMapping(path = PATH)
    ResponseEntity<String> signIn(@RequestParam @Nullable String error, HttpServletRequest request) {
        if (!needed)
            return ResponseEntity.status(HttpStatus.FOUND)
                    .header("Location", request.getContextPath() + "/")
                    .build();
        return ResponseEntity.ok()
                .contentType(new MediaType(MediaType.TEXT_HTML, UTF_8))
                .header(
                        "Content-Security-Policy",
                        "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
                .header("Cache-Control", "no-store")
                .body(page.replace(
                        "{{error}}", error == null ? "" : "<p role=\"alert\"><strong>No such token.</strong></p>"));
    }
}
