package phema.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import phema.Fixtures;
import phema.format.FileStamp;
import phema.format.WeightFiles;

class IndexStoreTest {
    @ParameterizedTest
    @ValueSource(strings = {"clusters/cuts/.metadata", "torch/training.ckpt"})
    void whatIsRememberedIsWhatWasRead(String file) throws IOException {
        SampledElements sample = new SampledElements(new double[] {1, 2}, new double[] {0, 1e-9});
        RememberedFile.Indexed indexed = new RememberedFile.Indexed(WeightFiles.read(Fixtures.fixture(file)))
                .with("ema.", new RememberedFile.Sampled("plan", sample, Map.of("scale", 2.0)));
        RememberedFile.Indexed remembered = IndexStore.unpack(
                        IndexStore.pack(new IndexStore.Stored(FileStamp.UNKNOWN, indexed)))
                .content();
        assertThat(remembered.file()).isEqualTo(indexed.file());
        assertThat(remembered.sampled("ema.").orElseThrow().scales()).containsEntry("scale", 2.0);
    }
}
