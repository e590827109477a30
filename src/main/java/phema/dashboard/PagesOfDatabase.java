package phema.dashboard;

import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.web.bind.annotation.ControllerAdvice;
import org.springframework.web.bind.annotation.ModelAttribute;
import phema.fleet.DatabasePresence;

/** Lets pages that say nothing without the database say so at once while it is away. */
@ControllerAdvice(
        assignableTypes = {
            CompareController.class,
            FleetPageController.class,
            PictureController.class,
            PinController.class,
            StartController.class,
            SweepFiguresController.class,
            SweepPageController.class
        })
@ConditionalOnWebApplication
record PagesOfDatabase(DatabasePresence database) {
    @ModelAttribute
    void requireDatabase() {
        database.require();
    }
}
