package phema.dashboard;

import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.web.bind.annotation.ControllerAdvice;
import org.springframework.web.bind.annotation.ModelAttribute;
import phema.security.Access;

/** Tells every page who reads it. */
@ControllerAdvice(basePackageClasses = VisitorModel.class)
@ConditionalOnWebApplication
record VisitorModel(Access access) {
    @ModelAttribute("mayWrite")
    boolean mayWrite() {
        return access.mayWrite();
    }

    @ModelAttribute("signedIn")
    boolean signedIn() {
        return access.isSignedIn();
    }
}
