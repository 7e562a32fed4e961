-- To name the table at all; of the schema public everybody has it.
GRANT USAGE ON SCHEMA {schema} TO {role}
