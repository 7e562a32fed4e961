-- Is the table still the one that the statements of this connection were made for: that very table, of the same columns, of
-- the same version?
{same_table} AND {definition} = {known_definition} AND {same_version}
{still_unhashed}
