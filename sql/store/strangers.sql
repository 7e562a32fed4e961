-- Who may create in schema n, and is neither its owner nor the owner of the table nor this role nor a superuser; 0: everybody.
SELECT a.grantee
  FROM aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) AS a
 WHERE a.privilege_type = 'CREATE' AND a.grantee <> n.nspowner
   AND NOT EXISTS (SELECT FROM pg_class AS c WHERE c.oid = {table_oid} AND c.relowner = a.grantee)
   AND NOT EXISTS (SELECT FROM pg_roles AS r WHERE r.oid = a.grantee AND (r.rolsuper OR r.rolname = current_user))
