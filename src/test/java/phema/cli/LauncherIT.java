package phema.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import phema.time.Await;

/** The script and the jar that users run. */
@DisabledOnOs(OS.WINDOWS)
class LauncherIT {
    @TempDir
    private Path folder;

    private Process start(String... args) throws IOException {
        List<String> command = new ArrayList<>(List.of("./phema"));
        command.addAll(List.of(args));
        return new ProcessBuilder(command)
                .redirectOutput(folder.resolve("stdout").toFile())
                .redirectError(folder.resolve("stderr").toFile())
                .start();
    }

    private Shell.Result phema(String... args) throws Exception {
        Process process = start(args);
        assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
        List<String> err = Files.readAllLines(folder.resolve("stderr"));
        return new Shell.Result(
                process.exitValue(), Files.readString(folder.resolve("stdout")), String.join("\n", err));
    }

    @Test
    void reconstructsARun() throws Exception {
        Path out = folder.resolve("out");
        String line = "reconstruct --indir " + Shell.EDM2 + " --outdir " + out + " --outstd 0.075,0.150";
        assertThat(phema(line.split(" ")).fine().out()).contains("wrote " + out.resolve("phema-0000262-0.150.pkl"));
        assertThat(Shell.names(out)).containsExactly("phema-0000262-0.075.pkl", "phema-0000262-0.150.pkl");
        assertThat(phema(line.split(" ")).complaint()).contains("use --overwrite");
    }

    @Test
    void tellsItsVersionAndHowToGetHelp() throws Exception {
        assertThat(phema("--version").fine().out()).startsWith("phema ");
        assertThat(phema("fit", "--help").fine().out()).contains("--outstd=LIST");
        assertThat(phema("fit").complaint()).contains("see phema fit --help");
    }

    @ParameterizedTest
    @ValueSource(strings = {"inspect --help", "reconstruct --help", "sweep --help", "serve --help"})
    void startsFromWhatTheBuildRecorded(String line) throws Exception {
        ProcessBuilder command = new ProcessBuilder(("./phema " + line).split(" ")).redirectErrorStream(true);
        command.environment().put("PHEMA_JAVA_OPTS", "-Xlog:aot");
        Process process = command.start();
        assertThat(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .contains("Opened AOT cache", "Usage: phema " + line.split(" ")[0])
                .doesNotContain("[error", "[warning");
    }

    @ParameterizedTest
    @CsvSource({
        "inspect, -XX:-UseCompressedOops",
        "inspect, -XX:+UseParallelGC",
        "reconstruct, -XX:+UseG1GC -Xmx80m",
        "train, -Xmx64m",
        "serve, -Xmx256m"
    })
    void startsWithTheUsersOptionsWhereNothingRecordedFits(String name, String options) throws Exception {
        ProcessBuilder command = new ProcessBuilder("./phema", name, "--help").redirectErrorStream(true);
        command.environment().put("PHEMA_JAVA_OPTS", options);
        Process process = command.start();
        assertThat(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .startsWith("Usage: phema " + name);
    }

    @Test
    void theServiceSaysWhereItListens() throws Exception {
        Process service = start(
                "serve", "--server.port=0", "--phema.home=" + folder.resolve("home"), "--phema.roots=" + Shell.EDM2);
        try {
            Path out = folder.resolve("stdout");
            Await.until(() -> !service.isAlive() || Files.readString(out).contains("Ctrl-C ends it"));
            assertThat(out)
                    .content()
                    .containsPattern("(?m)^phema listens on http://localhost:\\d+, keeps what it knows in "
                            + folder.resolve("home") + ", and reads the runs below " + Shell.EDM2);
        } finally {
            service.destroy();
            service.waitFor();
        }
    }

    /** Small ones, as figures are taken by hand. */
    @Test
    void benchmarksMeasureWhatTheySay() throws Exception {
        String run = folder.resolve("run").toString();
        bench("generate --files 4 --mb 1 " + run);
        assertThat(bench("synthesis " + run + " --targets 1,3 --rounds 1"))
                .contains("plain read: ", "limits of this machine: ")
                .containsPattern("(?m)^ *1 +fewest ")
                .containsPattern("(?m)^ *3 +all ");
        assertThat(folder.resolve("run/bench")).isEmptyDirectory();
        assertThat(bench("thinning --files 16,32 --rounds 1"))
                .containsPattern("(?m)^ *32 .* s .* s ")
                .contains("to the power of: fit ");
        Path twin = Files.writeString(folder.resolve("twin"), "#!/bin/sh\ntest -s \"$1\" && echo 0.5 0.25\n");
        assertThat(twin.toFile().setExecutable(true)).isTrue();
        assertThat(bench("training --resolution 4 --channels 4 --channel-mult 1 --batch 4 --steps 1 --rounds 1 --twin "
                        + twin))
                .containsPattern("(?m)^ *median .* 0\\.500 +0\\.250 ");
        assertThat(bench("scheduler --trials 10 --workers 2")).startsWith("10 trials on 2 workers: ");
    }

    private String bench(String line) throws Exception {
        Shell.Result result = phema(("bench " + line).split(" "));
        assertThat(result.status()).as(result.err()).isZero();
        return result.out();
    }

    @Test
    void leavesNothingWhenItIsStopped() throws Exception {
        Path run = Files.createDirectories(folder.resolve("run"));
        for (String name : List.of("0000131", "0000262"))
            zeros(run.resolve("network-snapshot-" + name + "-0.100.safetensors"), 20_000_000);
        Path out = folder.resolve("out");
        Process process = start(("reconstruct --indir " + run + " --outdir " + out
                        + " --outstd 0.10,0.11,...,0.19 --solver paper --dtype f32")
                .split(" "));
        Await.until(() -> !process.isAlive() || !Shell.names(out).isEmpty());
        assertThat(Shell.names(out)).hasSizeGreaterThan(0).allMatch(name -> name.endsWith(".tmp"));
        process.destroy();
        assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
        assertThat(process.exitValue()).isEqualTo(128 + 15);
        assertThat(Shell.names(out)).isEmpty();
    }

    @Test
    void aSweepThatIsStoppedGoesOnWhereItWas() throws Exception {
        Path script = Files.writeString(folder.resolve("evaluate.sh"), """
                echo run >> "$2"
                if grep -q '"sigmaRel":0.1' "$1" && ! [ -e "$3" ]; then sleep 60 & echo $! > "$2.pid"; wait; fi
                echo '{"fid": 1}'
                """);
        Path runs = folder.resolve("runs");
        Path pid = folder.resolve("runs.pid");
        Path go = folder.resolve("go");
        String[] command = {
            "sweep",
            "./" + Shell.EDM2,
            "--outstd=0.05,0.1",
            "--evaluator=script",
            "--json",
            "--phema.home=" + folder.resolve("home"),
            "--phema.evaluators.script.type=command",
            "--phema.evaluators.script.command=sh,%s,{trial},%s,%s".formatted(script, runs, go)
        };
        Process process = start(command);
        Await.until(() -> !process.isAlive() || Files.exists(pid));
        process.destroy();
        assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
        assertThat(process.exitValue()).isEqualTo(128 + 15);
        assertThat(folder.resolve("stderr")).content().contains("is cancelled; the same command goes on");
        assertThat(ProcessHandle.of(Long.parseLong(Files.readString(pid).strip())))
                .isEmpty();
        assertThat(runs).content().hasLineCount(2);

        Files.createFile(go);
        assertThat(phema(command).json().at("/trials").findValuesAsString("cached"))
                .containsExactly("true", "false");
        assertThat(runs).content().hasLineCount(3);
    }

    /** A sparse file. */
    private static void zeros(Path file, int elements) throws IOException {
        byte[] header = "{\"w\":{\"dtype\":\"F16\",\"shape\":[%d],\"data_offsets\":[0,%d]}}"
                .formatted(elements, 2 * elements)
                .getBytes(StandardCharsets.UTF_8);
        ByteBuffer bytes = ByteBuffer.allocate(8 + header.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(header.length).put(header).flip();
        try (FileChannel channel = FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.SPARSE)) {
            channel.write(bytes);
            channel.write(ByteBuffer.allocate(2), 8 + header.length + 2L * elements - 2);
        }
    }
}
