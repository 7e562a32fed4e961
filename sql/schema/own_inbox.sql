-- What is added beside the outbox belongs to its owner, whoever applies.
ALTER TABLE {inbox} OWNER TO {owner}
