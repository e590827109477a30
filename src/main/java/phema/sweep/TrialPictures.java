package phema.sweep;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Service;
import phema.evaluation.Picture;
import phema.text.ByteSize;

/** Keeps the images of trials: the table {@code trial_image}. Callers begin the transactions that change it. */
@Service
public class TrialPictures {
    /** The most that the images of one sweep take. */
    static final long MOST_BYTES = 256L << 20;

    private static final String SMALL_MEDIA = "image/png";

    /** The end of a thumbnail's tag, which is its image's otherwise. */
    private static final String SMALL = "-small";

    /** The columns without what makes a row large. */
    private static final String COLUMNS = "sweep, number, name, width, height, media, digest, bytes, problem";

    private static final String FULL = ": the images of this sweep take " + new ByteSize(MOST_BYTES)
            + " already, and no more are kept; phema.samples says how many there are of a trial";

    private final JdbcClient jdbc;

    TrialPictures(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /** The numbers of trials of which there is at least one. */
    public Set<Integer> trials(String sweep) {
        return new TreeSet<>(jdbc.sql("select distinct number from trial_image where sweep = ?")
                .param(sweep)
                .query(Integer.class)
                .list());
    }

    /**
     * The trial that is nearest to the best length of a sweep, with all else as there; empty where of none of these
     * there is an image.
     */
    public Optional<Trial> nearest(Sweep sweep, List<Trial> trials) {
        Set<Integer> numbers = trials(sweep.id());
        return sweep.optimum()
                .map(Optimum::point)
                .flatMap(best -> trials.stream()
                        .filter(trial -> numbers.contains(trial.number())
                                && trial.point().guidance() == best.guidance()
                                && trial.point().rest().equals(best.rest()))
                        .min(Comparator.comparingDouble(
                                trial -> Math.abs(Math.log(trial.point().length() / best.length())))));
    }

    /** Of one trial, by name. */
    public List<TrialPicture> of(String sweep, int number) {
        return jdbc.sql("select " + COLUMNS + " from trial_image where sweep = ? and number = ? order by name")
                .params(sweep, number)
                .query(TrialPictures::picture)
                .list();
    }

    List<TrialPicture> of(TrialId id) {
        return of(id.sweep(), id.number());
    }

    /** What is kept of one. @param thumbnail where there is one; else the image itself is as small */
    public Optional<PictureContent> content(String sweep, int number, String name, boolean thumbnail) {
        String size = thumbnail ? "thumbnail" : "content";
        return jdbc.sql("select " + COLUMNS + ", case when length(" + size + ") = 0 then content else " + size
                        + " end as kept, length(thumbnail) > 0 as large from trial_image"
                        + " where sweep = ? and number = ? and name = ? and problem = ''")
                .params(sweep, number, name)
                .query((row, i) -> {
                    TrialPicture picture = picture(row, i);
                    boolean small = thumbnail && row.getBoolean("large");
                    return new PictureContent(
                            small ? SMALL_MEDIA : picture.media(),
                            picture.digest() + (small ? SMALL : ""),
                            row.getBytes("kept"));
                })
                .optional();
    }

    /**
     * Holds an image as it is sent.
     *
     * @param tag changes with the bytes
     */
    @SuppressWarnings("ArrayRecordComponent")
    public record PictureContent(String media, String tag, byte[] bytes) {
        /** Of what is not in the database. */
        public static PictureContent of(Picture picture, boolean thumbnail) {
            boolean small = thumbnail && picture.thumbnail().length > 0;
            return new PictureContent(
                    small ? SMALL_MEDIA : picture.media(),
                    picture.digest() + (small ? SMALL : ""),
                    small ? picture.thumbnail() : picture.content());
        }
    }

    void delete(TrialId id) {
        jdbc.sql("delete from trial_image where sweep = ? and number = ?")
                .params(id.sweep(), id.number())
                .update();
    }

    void insert(TrialId id, Collection<Picture> pictures) {
        long room = room(id.sweep());
        for (Picture picture : pictures) {
            room -= picture.bytes();
            insert(id, picture, room);
        }
    }

    /** The one of its name. */
    TrialPicture replace(TrialId id, Picture picture) {
        jdbc.sql("delete from trial_image where sweep = ? and number = ? and name = ?")
                .params(id.sweep(), id.number(), picture.name())
                .update();
        return insert(id, picture, room(id.sweep()) - picture.bytes());
    }

    /** @param left of the room when it is kept; where it is less than nothing, only that is said */
    private TrialPicture insert(TrialId id, Picture given, long left) {
        Picture picture = left >= 0 || !given.problem().isEmpty() ? given : given.withProblem(given.name() + FULL);
        TrialPicture kept = new TrialPicture(
                id.sweep(),
                id.number(),
                picture.name(),
                picture.width(),
                picture.height(),
                picture.media(),
                picture.digest(),
                picture.bytes(),
                picture.problem());
        jdbc.sql("insert into trial_image (" + COLUMNS + ", thumbnail, content)"
                        + " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
                .params(
                        kept.sweep(),
                        kept.trial(),
                        kept.name(),
                        kept.width(),
                        kept.height(),
                        kept.media(),
                        kept.digest(),
                        kept.bytes(),
                        kept.problem(),
                        picture.thumbnail(),
                        picture.content())
                .update();
        return kept;
    }

    /** Those of a trial that was evaluated alike, if there is one. */
    void copy(TrialId id, String evaluation) {
        jdbc.sql("select t.sweep, t.number from trial t where t.evaluation = ? and not (t.sweep = ? and t.number = ?)"
                        + " and exists (select 1 from trial_image i where i.sweep = t.sweep and i.number = t.number)"
                        + " order by t.sweep, t.number limit 1")
                .params(evaluation, id.sweep(), id.number())
                .query((row, i) -> new TrialId(row.getString(1), row.getInt(2)))
                .optional()
                .filter(from -> of(from).stream().mapToLong(TrialPicture::bytes).sum() <= room(id.sweep()))
                .ifPresent(from -> jdbc.sql("insert into trial_image (" + COLUMNS + ", thumbnail, content)"
                                + " select ?, ?, name, width, height, media, digest, bytes, problem, thumbnail, content"
                                + " from trial_image where sweep = ? and number = ?")
                        .params(id.sweep(), id.number(), from.sweep(), from.number())
                        .update());
    }

    private long room(String sweep) {
        return MOST_BYTES
                - jdbc.sql("select coalesce(sum(bytes), 0) from trial_image where sweep = ?")
                        .param(sweep)
                        .query(Long.class)
                        .single();
    }

    private static TrialPicture picture(ResultSet row, int i) throws SQLException {
        return new TrialPicture(
                row.getString("sweep"),
                row.getInt("number"),
                row.getString("name"),
                row.getInt("width"),
                row.getInt("height"),
                row.getString("media"),
                row.getString("digest"),
                row.getLong("bytes"),
                row.getString("problem"));
    }
}
