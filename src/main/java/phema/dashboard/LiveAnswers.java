package phema.dashboard;

import org.springframework.http.HttpStatus;
import org.springframework.web.servlet.ModelAndView;
import org.springframework.web.servlet.View;

/** Gives answers to parts of pages that ask again and again for what is new. */
final class LiveAnswers {
    /** The view that writes nothing: without any view, Spring would look for one by the address. */
    private static final View EMPTY = (model, request, response) -> {};

    private LiveAnswers() {}

    /** The reader keeps what is shown. */
    static ModelAndView unchanged() {
        ModelAndView nothing = new ModelAndView(EMPTY);
        nothing.setStatus(HttpStatus.NO_CONTENT);
        return nothing;
    }
}
