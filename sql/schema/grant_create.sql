-- Versions make their sequence, version table and indexes beside the table. USAGE is asked for as well: what a role may
-- create in a schema it must also be able to name.
GRANT CREATE, USAGE ON SCHEMA {schema} TO {role}
