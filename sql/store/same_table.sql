-- Does the name still lead to the table that was described? Both sides are constants when the statement is parsed, at which
-- the table in FROM is looked up too, so that a claim has no filter to evaluate.
{table_literal}::regclass::oid = {oid}
