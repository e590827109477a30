package phema.evaluation;

/**
 * Names an axis wherever it has a name.
 *
 * @param name in requests, forms and stored texts of sweeps
 * @param field in points: of trials, results and stored texts
 * @param column in tables and names of trials, and in addresses of pages
 * @param label above columns and beside fields
 * @param noun of one value: {@code guiding network}
 * @param shownAs in names of curves
 * @param option of the command line
 * @param paramLabel of the option
 * @param repeatable whether the option may be given several times
 * @param help of the option
 * @param hint below a form's field
 * @param searchHint is added to it where a search may be asked for
 * @param usual whether most sweeps have it: its field stands with the first
 * @param meaning in the description of the REST interface
 */
public record AxisNames(
        String name,
        String field,
        String column,
        String label,
        String noun,
        String shownAs,
        String option,
        String paramLabel,
        boolean repeatable,
        String help,
        String hint,
        String searchHint,
        boolean usual,
        String meaning) {}
