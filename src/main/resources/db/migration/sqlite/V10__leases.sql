-- Of a trial's latest attempt, where a client has it: SHA-256 of the lease, and of what the client told. Hex digits.
alter table trial add column lease text;
alter table trial add column told text;
