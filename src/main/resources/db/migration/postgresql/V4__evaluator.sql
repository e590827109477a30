-- Who made an evaluation, for the metric phema_evaluation_seconds. Empty where it was made before this column was.
alter table evaluation add column evaluator text not null default '';
