-- A role of rights and without a login; logins are made its members.
DO {tag}
BEGIN
    IF to_regrole({role_literal}) IS NULL THEN
        CREATE ROLE {role} NOLOGIN;
    END IF;
END
{tag}
