package phema;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;

/** Starts the service on the fixtures' runs, with a database in memory; tests of this kind share one. */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@SpringBootTest(
        classes = PhemaApplication.class,
        webEnvironment = WebEnvironment.RANDOM_PORT,
        properties = {
            "phema.roots=src/test/resources/fixtures",
            "phema.home=target",
            "phema.catalog.settle=0s",
            "spring.datasource.url=jdbc:sqlite::memory:",
            "spring.datasource.hikari.maximum-pool-size=1"
        })
public @interface FixtureService {}
