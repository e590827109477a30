package phema.sweep;

import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import phema.evaluation.Point;
import phema.text.StoredJson;

/** Keeps what people measured elsewhere: the table {@code measurement}. Callers begin transactions. */
@Component
class MeasurementStore {
    private final JdbcClient jdbc;
    private final InstantSource clock;

    MeasurementStore(JdbcClient jdbc, InstantSource clock) {
        this.jdbc = jdbc;
        this.clock = clock;
    }

    void insert(String run, ForeignMeasurement measurement) {
        jdbc.sql("insert into measurement (run, source, evaluator, version, point, images, metrics, training, created)"
                        + " values (?, ?, ?, ?, ?, ?, ?, ?, ?)")
                .param(run)
                .param(measurement.source())
                .param(measurement.evaluator())
                .param(measurement.version())
                .param(StoredJson.write(measurement.point()))
                .param(measurement.images().orElse(null))
                .param(StoredJson.write(measurement.metrics()))
                .param(measurement.training().orElse(null))
                .param(clock.millis())
                .update();
    }

    /** Of a run, in the order in which they came. */
    List<ForeignMeasurement> all(String run) {
        return jdbc.sql("select * from measurement where run = ? order by id")
                .param(run)
                .query((row, i) -> {
                    long images = row.getLong("images");
                    boolean unknown = row.wasNull();
                    return new ForeignMeasurement(
                            row.getString("source"),
                            row.getString("evaluator"),
                            row.getString("version"),
                            StoredJson.read(row.getString("point"), Point.class),
                            unknown ? Optional.empty() : Optional.of(images),
                            new TreeMap<>(StoredJson.readMetrics(row.getString("metrics"))),
                            Optional.ofNullable(row.getString("training")));
                })
                .list();
    }

    /** @return how many there were */
    int delete(String run, String source) {
        return jdbc.sql("delete from measurement where run = ? and source = ?")
                .params(run, source)
                .update();
    }
}
