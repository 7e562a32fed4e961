-- Are version, slots and the table's identity still those that were read?
EXISTS (SELECT FROM {version_table} AS v WHERE v.version = {version} AND v.slots = {slots} AND {same_identity})
