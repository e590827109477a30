package phema.dashboard;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.openqa.selenium.By;
import org.openqa.selenium.StaleElementReferenceException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.interactions.Actions;
import org.openqa.selenium.interactions.WheelInput;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/** A real browser without a window. */
final class Browser implements AutoCloseable {
    /** A name of this machine that the browser does not take for one, and so trusts less. */
    static final String ANOTHER_MACHINE = "phema.test";

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int TRIES = 5;

    private final ChromeDriver driver;
    private final Path downloads;

    private Browser(ChromeDriver driver, Path downloads) {
        this.driver = driver;
        this.downloads = downloads;
    }

    /** Skips the test where no browser is installed. */
    static Browser start(Path downloads) {
        Optional<File> chromium = onPath("chromium", "chromium-browser", "google-chrome");
        Optional<File> chromedriver = onPath("chromedriver");
        assumeTrue(
                chromium.isPresent() && chromedriver.isPresent(),
                "The dashboard was NOT tested: it needs chromium and chromedriver, for instance apt install chromium chromium-driver");
        ChromeOptions options = new ChromeOptions()
                .setBinary(chromium.orElseThrow())
                .addArguments("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")
                .addArguments("--host-resolver-rules=MAP " + ANOTHER_MACHINE + " 127.0.0.1")
                .setExperimentalOption("prefs", Map.of("download.default_directory", downloads.toString()));
        LoggingPreferences logs = new LoggingPreferences();
        logs.enable(LogType.BROWSER, java.util.logging.Level.ALL);
        options.setCapability("goog:loggingPrefs", logs);
        ChromeDriverService service = new ChromeDriverService.Builder()
                .usingDriverExecutable(chromedriver.orElseThrow())
                .build();
        ChromeDriver driver = new ChromeDriver(service, options);
        driver.manage().timeouts().scriptTimeout(Duration.ofMinutes(2)); // axe-core looks at every point of a chart
        return new Browser(driver, downloads);
    }

    private static Optional<File> onPath(String... names) {
        List<String> folders = List.of(System.getenv("PATH").split(File.pathSeparator));
        return Arrays.stream(names)
                .flatMap(name -> folders.stream().map(folder -> new File(folder, name)))
                .filter(File::canExecute)
                .findFirst();
    }

    void open(String url) {
        driver.get(url);
        until("the page is at rest", () -> (Boolean) script("return !document.querySelector('.htmx-request')"));
    }

    void reload() {
        driver.navigate().refresh();
    }

    /** @param theme {@code light} or {@code dark} */
    void look(String theme, int width, int height) {
        driver.executeCdpCommand(
                "Emulation.setEmulatedMedia",
                Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", theme))));
        driver.executeCdpCommand(
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", width < 500));
    }

    WebElement find(String selector) {
        return driver.findElement(By.cssSelector(selector));
    }

    List<WebElement> findAll(String selector) {
        return driver.findElements(By.cssSelector(selector));
    }

    String text(String selector) {
        return drawn(() -> find(selector).getText());
    }

    @Nullable
    String attribute(String selector, String name) {
        return drawn(() -> find(selector).getAttribute(name));
    }

    /** Asks again where the page drew anew what was just found. */
    private static <T extends @Nullable Object> T drawn(Supplier<T> question) {
        for (int again = 0; ; again++) {
            try {
                return question.get();
            } catch (StaleElementReferenceException e) {
                if (again == TRIES) throw e;
            }
        }
    }

    /** Goes to an element with the keyboard's focus and types. */
    void type(String selector, CharSequence... keys) {
        find(selector).sendKeys(keys);
    }

    /** Presses at one place of an element and lets go at another. @param places from its middle, in pixels: x, y */
    void drag(String selector, int[] from, int[] to) {
        center(selector);
        new Actions(driver)
                .moveToElement(find(selector), from[0], from[1])
                .clickAndHold()
                .moveToElement(find(selector), (from[0] + to[0]) / 2, (from[1] + to[1]) / 2)
                .moveToElement(find(selector), to[0], to[1])
                .release()
                .perform();
    }

    void doubleClick(String selector) {
        center(selector);
        new Actions(driver).doubleClick(find(selector)).perform();
    }

    /** Turns the wheel over the middle of an element. @param pixels more than 0 to see what lies below */
    void wheel(String selector, int pixels) {
        center(selector);
        new Actions(driver)
                .moveToElement(find(selector))
                .pause(Duration.ofMillis(400)) // pages that were just scrolled go on being scrolled
                .moveToElement(find(selector), 2, 2)
                .scrollFromOrigin(WheelInput.ScrollOrigin.fromElement(find(selector)), 0, pixels)
                .perform();
    }

    private void center(String selector) {
        driver.executeScript("arguments[0].scrollIntoView({block: 'center'})", find(selector));
    }

    /** Answers yes to what the page asks. */
    void accept() {
        driver.switchTo().alert().accept();
    }

    void click(String selector) {
        drawn(() -> {
            press(find(selector));
            return true;
        });
    }

    void press(WebElement element) {
        driver.executeScript("arguments[0].scrollIntoView({block: 'center'})", element);
        element.click();
    }

    String address() {
        return Objects.requireNonNull(driver.getCurrentUrl());
    }

    Object script(String body) {
        return Objects.requireNonNull(driver.executeScript(body), body);
    }

    /** Waits for something to become true, for a generous time. */
    void until(String what, Callable<Boolean> condition) {
        await(what)
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(50))
                .ignoreExceptionsInstanceOf(StaleElementReferenceException.class)
                .until(condition);
    }

    /**
     * What the browser complained about since the last call: scripts that failed, files that are missing, what the
     * security policy refused.
     */
    List<String> complaints() {
        return driver.manage().logs().get(LogType.BROWSER).getAll().stream()
                .map(LogEntry::getMessage)
                .toList();
    }

    /** What axe-core finds wrong by any of its rules, those of WCAG 2.2 AA and what is good practice, with where. */
    @SuppressWarnings("unchecked")
    List<String> barriers() {
        driver.executeScript(axe());
        return (List<String>) Objects.requireNonNull(driver.executeAsyncScript("""
                const done = arguments[arguments.length - 1];
                const rules = {"label-content-name-mismatch": {enabled: true}};
                axe.run({rules, resultTypes: ["violations"]}).then(found => done(found.violations.flatMap(rule =>
                    rule.nodes.map(node => rule.id + ": " + node.target + ": " + node.failureSummary))));
                """));
    }

    private static String axe() {
        try (InputStream script = Objects.requireNonNull(Browser.class.getResourceAsStream("/axe.min.js"))) {
            return new String(script.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits for a file to be saved. */
    Path saved(String name) {
        until("a file is saved", () -> Files.exists(downloads.resolve(name)));
        return downloads.resolve(name);
    }

    @Override
    public void close() {
        driver.quit();
    }
}
