/** How values are written and read everywhere alike: words for choices, sizes, and what the database keeps. */
@ApplicationModule(allowedDependencies = {"problem"})
@NullMarked
package phema.text;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
