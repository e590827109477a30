/**
 * How values are written and read everywhere alike: words for choices, numbers, and what the database keeps.
 *
 * <ol>
 *   <li>{@link phema.text.Labels}: words of choices, and numbers, as users read and write them.
 *   <li>{@link phema.text.ByteSize}: sizes, {@code 5GB} and {@code 5GiB}.
 *   <li>{@link phema.text.CsvRows}: tables as spreadsheets write them.
 *   <li>{@link phema.text.NearestWord}: what may have been meant by a word that is misspelt.
 *   <li>{@link phema.text.StrictJson}: JSON that others wrote.
 *   <li>{@link phema.text.StoredJson}, {@link phema.text.StoredTime}: values as the database keeps them.
 * </ol>
 */
@ApplicationModule(allowedDependencies = {"problem"})
@NullMarked
package phema.text;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
