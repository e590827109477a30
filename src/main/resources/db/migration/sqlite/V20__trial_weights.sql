-- What was known of a trial's weights when it began, as JSON: their predicted error, and how many of the sweep's files were gone.
alter table trial add column weights text;
