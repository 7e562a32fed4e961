-- Whether a message that was done would be known again.
SELECT count(*) FROM {inbox}
