-- outrider's own table of one row. While version 2 is being applied it says 1.
CREATE TABLE IF NOT EXISTS {version_table} (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    version integer NOT NULL,
    slots integer NOT NULL DEFAULT 1,
    made_columns text[] NOT NULL,
    saved_options text[] NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now()
)
