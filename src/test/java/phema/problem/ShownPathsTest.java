package phema.problem;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class ShownPathsTest {
    private final ShownPaths shown = new ShownPaths(List.of(Path.of("/data/runs"), Path.of("snapshots/")));

    @Test
    void filesAreNamedBelowTheirRoot() {
        assertThat(shown.in("/data/runs/demo/a.pt: changed; '/data/runs/demo/b.pt' too"))
                .isEqualTo("demo/a.pt: changed; 'demo/b.pt' too");
        assertThat(shown.in("snapshots/demo/a.pt is cut off")).isEqualTo("demo/a.pt is cut off");
        assertThat(shown.in(Path.of("snapshots/demo/a.pt").toAbsolutePath() + " is cut off"))
                .isEqualTo("demo/a.pt is cut off");
    }

    @Test
    void filesOfTheHomeAreNamedBelowIt() {
        ShownPaths withHome = new ShownPaths(List.of(Path.of("/data/runs")), List.of(Path.of("/data/home")));
        assertThat(withHome.in("cannot open /data/home/trials/n1/mine-12/x, nor /data/runs/a.pt"))
                .isEqualTo("cannot open phema.home/trials/n1/mine-12/x, nor a.pt");
        assertThat(withHome.in("/data/home2/x")).isEqualTo("/data/home2/x");
    }

    @Test
    void commandsAreNamedWithoutTheirFolders() {
        assertThat(ShownPaths.withoutFolders("[\"/opt/my/fid.py\",\"--net=/data/w/a.pt\",\"~/e/x.sh\",\"{seeds}\"]"))
                .isEqualTo("[\"fid.py\",\"--net=a.pt\",\"x.sh\",\"{seeds}\"]");
        String other = "sh -c 'a / b' http://host:80/api/v1 s3://bucket/a python/x.py";
        assertThat(ShownPaths.withoutFolders(other)).isEqualTo(other);
    }

    @Test
    void whatOnlyLooksLikeARootStays() {
        String other = "/data/runs2/a.pt, /mnt/data/runs/a.pt and mysnapshots/a.pt";
        assertThat(shown.in(other)).isEqualTo(other);
        assertThat(new ShownPaths(List.of(Path.of("/"))).in("/data/a.pt is cut off"))
                .isEqualTo("/data/a.pt is cut off");
        assertThat(new ShownPaths(List.of()).in("/data/a.pt")).isEqualTo("/data/a.pt");
    }
}
