package phema.fleet;

import java.util.function.Supplier;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;

/** Reads what is measured in the database. While that does not answer, all the other meters are told on in time. */
@Component
public final class DatabaseMeters {
    private final Patience patience = new Patience();

    /** @return what the question is answered with, or NaN while nobody answers */
    public double read(Supplier<? extends Number> question) {
        return readOr(question, Double.NaN).doubleValue();
    }

    /** The same with another figure for when nobody answers. */
    public <T> T readOr(Supplier<? extends T> question, T otherwise) {
        try {
            return patience.ask(question::get);
        } catch (DataAccessException | TransactionException databaseIsAway) {
            return otherwise;
        }
    }
}
