-- Versions make their sequence, version table and indexes beside the table.
GRANT CREATE ON SCHEMA public TO {role}
