-- A version table of before there were identities has no such column, and gets one from schema apply.
to_jsonb(v) ->> 'identity' IS NULL
