// SPDX-License-Identifier: Apache-2.0
//
// THE table of what `check` can find.
//
// A row says what is wrong, how bad that is and what to do about it. One with a question is found
// by its rows alone (sql/store/inspect_*.sql); the others are judged in check_offline.c,
// check_protection.c, check_database.c, check_trial.c and check_kafka.c. docs/check.md is written
// from it.
#include "findings.h"

#define RELAY_WAITS "The relay starts, and tries again until it can work. "

const struct finding_kind finding_kinds[FINDING_COUNT] = {
    [FINDING_KEY_SCATTERS] =
        {"key-scatters", SEVERITY_WARNING,
         "ordering is asked for, but each message has its own key",
         "outbox.ordering is key and message.key is id, so an aggregate's messages go to many "
         "partitions, among which Kafka keeps no order.",
         "Set message.key to aggregate_id, or outbox.ordering to none, which is faster.", NULL, 0},
    [FINDING_TOPIC_NOT_ALLOWED] =
        {"topic-not-allowed", SEVERITY_ERROR, "a topic that message.topics_allow does not allow",
         "Messages for topic {1} are not sent: no pattern of message.topics_allow fits. Their rows "
         "use up their attempts and die.",
         "Add the topic to message.topics_allow, or mend message.topic.", NULL, 0},
    [FINDING_TOPIC_NAME] =
        {"topic-name", SEVERITY_ERROR, "a topic name that Kafka does not take",
         "Topic {1}: {2}. Rows for it die at once.",
         "Mend message.topic, or what the application writes to the columns that it names.", NULL,
         0},
    [FINDING_STOP_TIMEOUT] = {"stop-timeout", SEVERITY_WARNING,
                              "stop_timeout is longer than a stop may take",
                              "stop_timeout is {1}. Kubernetes kills after 30 s and docker stop "
                              "after 10 s, unless they are told "
                              "otherwise: the batches in hand are cut off then and sent again. "
                              "(systemd is asked for the time.)",
                              "Lower stop_timeout, or raise the limit that applies: "
                              "terminationGracePeriodSeconds of the pod, "
                              "stop_grace_period of the container.",
                              NULL, 0},
    [FINDING_QUEUE_SMALL] =
        {"queue-small", SEVERITY_ERROR, "librdkafka's queue is smaller than a message may be",
         "kafka.queue.buffering.max.kbytes is {1}, so a message larger than {2} bytes never fits "
         "into the "
         "queue, though message.max.bytes ({3}) allows it: a lane would wait for room that never "
         "comes.",
         "Raise kafka.queue.buffering.max.kbytes (librdkafka's default is 1048576) or lower "
         "kafka.message.max.bytes.",
         NULL, 0},
    [FINDING_BATCH_ABOVE_MESSAGE] =
        {"batch-above-message", SEVERITY_WARNING, "batch.size is above message.max.bytes",
         "kafka.batch.size is {1} and kafka.message.max.bytes {2}: librdkafka ends a batch at the "
         "lesser "
         "of both, so the larger value does nothing.",
         "Raise kafka.message.max.bytes, and the topics' max.message.bytes with it, or lower "
         "kafka.batch.size.",
         NULL, 0},
    [FINDING_POSTGRES_PLAINTEXT] = {"postgres-plaintext", SEVERITY_WARNING,
                                    "payloads may travel to PostgreSQL in the clear",
                                    "{1} leads to {2} with sslmode={3}: {4}.",
                                    "Set sslmode=verify-full and sslrootcert=FILE in {1}.", NULL,
                                    0},
    [FINDING_POSTGRES_UNVERIFIED] =
        {"postgres-unverified", SEVERITY_WARNING, "the PostgreSQL server is not verified",
         "{1} leads to {2} with sslmode={3}: {4}. Who stands in between can answer as the server.",
         "Set sslmode=verify-full and sslrootcert=FILE in {1}.", NULL, 0},
    [FINDING_KAFKA_PLAINTEXT] =
        {"kafka-plaintext", SEVERITY_WARNING, "messages travel to Kafka in the clear",
         "Kafka's broker {1} is spoken to with security.protocol {2}: {3} there to be read and "
         "changed on the way.",
         "Set kafka.security.protocol to ssl or sasl_ssl, and kafka.ssl.ca.location.", NULL, 0},
    [FINDING_KAFKA_UNVERIFIED] =
        {"kafka-unverified", SEVERITY_WARNING, "the Kafka brokers are not verified",
         "Kafka's broker {1}: {2}. Who stands in between can answer as the broker.",
         "Leave that property at its default, and name the authority in kafka.ssl.ca.location.",
         NULL, 0},
    [FINDING_SECRET_READABLE] =
        {"secret-readable", SEVERITY_WARNING, "a file with a secret that others can read",
         "{1} holds a password or a key, and {2} can read it.",
         "Take that right from them. Root may own the file and let the group of the relay's user "
         "read it.",
         "chown root:outrider {3} && chmod 640 {3}", 0},
    [FINDING_PASSFILE_REFUSED] = {"passfile-refused", SEVERITY_WARNING,
                                  "a password file that libpq does not use",
                                  "libpq takes no password from {1}, of {2}: others than its owner "
                                  "may touch it, or it is no "
                                  "regular file.",
                                  "Give it to the relay's user alone.", "chmod 600 {3}", 0},
    [FINDING_DATABASE_AWAY] =
        {"database-away", SEVERITY_ERROR, "PostgreSQL cannot be reached or lets nobody in", "{1}",
         RELAY_WAITS "Mend database.dsn, the network, pg_hba.conf or the server; nothing else of "
                     "the database was looked at.",
         NULL, 0},
    [FINDING_TABLE_MISSING] = {"table-missing", SEVERITY_ERROR, "there is no such table", "{1}",
                               "Make it, or mend outbox.table or the database's name in "
                               "database.dsn. A table that is not in the "
                               "search_path needs its schema in outbox.table.",
                               "outrider schema apply", 0},
    [FINDING_VERSION_LOST] =
        {"version-lost", SEVERITY_ERROR, "version 2 without its version table, or its row", "{1}",
         "Apply: it writes the version anew, and what is dead stays dead. The relay does not "
         "start on the table until then; nothing else of the database was looked at.",
         "outrider schema apply", 0},
    [FINDING_POOLER_MODE] =
        {"pooler-mode", SEVERITY_ERROR, "the pooler allows no transactions",
         "The pooler behind database.dsn pools statements: {1}. The relay works in transactions.",
         "Set pool_mode of this database to transaction or session in the pooler.",
         "pool_mode = transaction", 0},
    [FINDING_POOLER_DIRECT] = {"pooler-direct", SEVERITY_WARNING, "a pooler, and no way round it",
                               "{1} leads to a pooler. The relay works through it, but schema "
                               "commands and outbox.listen need a session of their own.",
                               "Set database.direct_dsn to a connection to PostgreSQL itself.",
                               NULL, 0},
    [FINDING_DIRECT_AWAY] =
        {"direct-away", SEVERITY_ERROR, "database.direct_dsn leads nowhere",
         "database.direct_dsn: {1}",
         "Mend database.direct_dsn. The relay goes on without it, schema commands do not.", NULL,
         0},
    [FINDING_READ_ONLY] = {"read-only", SEVERITY_ERROR, "the server takes no writes",
                           "{1}: {2}, so nothing can be marked.",
                           RELAY_WAITS "Lead database.dsn to the primary.", "{3}", INSPECT_STANDBY},
    [FINDING_SERVER_OLD] = {"server-old", SEVERITY_ERROR, "the server is too old",
                            "PostgreSQL is {1}; outrider needs 14 or newer.", "Upgrade PostgreSQL.",
                            NULL, INSPECT_SERVER},
    [FINDING_CLOCK_SKEW] =
        {"clock-skew", SEVERITY_ERROR, "this host's clock is wrong",
         "The clock of this host is {1} {2} that of PostgreSQL. Brokers refuse messages by their "
         "time "
         "(message.timestamp.after.max.ms, an hour in Kafka 4; before Kafka 3.6 "
         "message.timestamp.difference.max.ms): their rows wait then. Ages and "
         "latencies are wrong by that much.",
         "Set the clock right; when PostgreSQL's is the wrong one, that one.",
         "timedatectl set-ntp true", 0},
    [FINDING_CLOCK_DRIFT] =
        {"clock-drift", SEVERITY_WARNING, "this host's clock is not the server's",
         "The clock of this host is {1} {2} that of PostgreSQL. Ages and latencies of messages are "
         "wrong by that much.",
         "Synchronize the clocks of both hosts.", "timedatectl set-ntp true", 0},
    [FINDING_TABLE_KIND] =
        {"table-kind", SEVERITY_ERROR, "not an ordinary table",
         "{1} is {2}. The schema's versions need an ordinary table, and only tables have rows to "
         "lock.",
         "Name an ordinary table in outbox.table.", NULL, INSPECT_KIND},
    [FINDING_TABLE_UNLOGGED] =
        {"table-unlogged", SEVERITY_ERROR, "the table is unlogged",
         "{1} is emptied when PostgreSQL crashes, with every message in it, and a standby has none "
         "of its "
         "rows.",
         "Make it logged. That rewrites the table, and writers wait meanwhile.",
         "ALTER TABLE {1} SET LOGGED;", INSPECT_PERSISTENCE},
    [FINDING_COLUMN_MISSING] = {"column-missing", SEVERITY_ERROR, "a column is missing",
                                "Table {1} has no column {2}. The relay cannot start on it.",
                                "If it has another name there, map it: outbox.columns.{3}. What "
                                "is missing of version 2, because the table was made anew or "
                                "restored, `outrider schema apply` adds.",
                                NULL, 0},
    [FINDING_COLUMN_TYPE] = {"column-type", SEVERITY_ERROR,
                             "a column has a type that does not serve",
                             "Column {2} of table {1} is of type {3}; outrider needs {4}.",
                             "Change its type, or map another column: outbox.columns.{5}.", NULL,
                             0},
    [FINDING_COLUMN_NULLABLE] =
        {"column-nullable", SEVERITY_ERROR, "a column may be NULL that must not",
         "Column {2} of table {1} may be NULL: {3}.",
         "Forbid NULL. The statement reads the whole table, and writers wait meanwhile.",
         "ALTER TABLE {1} ALTER COLUMN {2} SET NOT NULL;", 0},
    [FINDING_COLUMN_KIND] = {"column-kind", SEVERITY_ERROR,
                             "a column cannot take what the relay writes",
                             "Column {2} of table {1} {3}. The relay cannot start on it.",
                             "Change the column, or map another one: outbox.columns.{5}.",
                             "ALTER TABLE {1} ALTER COLUMN {2} {4};", 0},
    [FINDING_COLUMN_DEFAULT] =
        {"column-default", SEVERITY_ERROR, "a column's default keeps rows from being sent",
         "Column {2} of table {1} has the default {3}: a row whose INSERT leaves it out is born "
         "{4} never sent.",
         "Change the default, and set the column right in the rows that have it.",
         "ALTER TABLE {1} ALTER COLUMN {2} SET DEFAULT {5};", 0},
    [FINDING_ID_NOT_UNIQUE] = {"id-not-unique", SEVERITY_ERROR, "the id has no unique index",
                               "No valid unique index of {1} is on {2} alone. A row is marked by "
                               "its id: two with one id would "
                               "be marked together, and each mark reads the whole table.",
                               "Make one; it is built while writers go on.",
                               "CREATE UNIQUE INDEX CONCURRENTLY ON {1} ({2});", INSPECT_IDENTITY},
    [FINDING_RIGHT_MISSING] = {"right-missing", SEVERITY_ERROR, "a right is missing",
                               "This role lacks {1} on {2}; the relay needs it.",
                               "Grant it, as the owner of the object.", "{3}", INSPECT_RIGHTS},
    [FINDING_SCHEMA_WRITABLE] =
        {"schema-writable", SEVERITY_WARNING, "others may create where the relay looks names up",
         "{2} may create objects in schema {1} of the role's search_path. An operator of theirs "
         "could run with the relay's rights, so the relay leaves the schema out of its path: a "
         "trigger of "
         "the table that looks names up there fails under the relay.",
         "Take the right away (new databases have not given it to everybody since PostgreSQL 15), "
         "and give functions of triggers a SET search_path of their own.",
         "REVOKE CREATE ON SCHEMA {1} FROM {2};", INSPECT_SCHEMAS},
    [FINDING_ROW_SECURITY] =
        {"row-security", SEVERITY_ERROR, "row security may hide rows from the relay",
         "Row security of {1} applies to role {2}, and no policy lets it see and change every row. "
         "Hidden rows are never sent, and a mark that a policy forbids fails.",
         "Give the relay's role a policy for all rows, and drop restrictive ones that apply to it.",
         "CREATE POLICY outrider ON {1} TO {2} USING (true) WITH CHECK (true);",
         INSPECT_ROW_SECURITY},
    [FINDING_TRIGGER] =
        {"trigger", SEVERITY_WARNING, "a trigger runs with each mark",
         "Trigger {1} of {2} runs when the relay marks or deletes rows ({3}). It makes each mark "
         "slower. If it raises, returns NULL or undoes the mark of every row, the relay sends "
         "nothing. "
         "If it does so to some rows, such a row may be sent once, and its mark counts as a failed "
         "attempt.",
         "Let it leave out the relay's changes, or drop it.", "DROP TRIGGER {4} ON {2};",
         INSPECT_TRIGGERS},
    [FINDING_RULE] =
        {"rule", SEVERITY_ERROR, "a rule rewrites the relay's marks",
         "Rule {1} of {2} changes what the relay's UPDATE or DELETE does. With DO INSTEAD "
         "no row can be marked, and the relay sends nothing.",
         "Drop it.", "DROP RULE {3} ON {2};", INSPECT_RULES},
    [FINDING_RELAY_REFUSES] = {"relay-refuses", SEVERITY_ERROR,
                               "a relay would not work on the table", "{1} ({2})",
                               RELAY_WAITS "Mend the cause that the error names.", NULL, 0},
    [FINDING_WORK_REFUSED] = {"work-refused", SEVERITY_ERROR,
                              "PostgreSQL refuses what the relay does",
                              "Tried and taken back, {1} is refused on {2}: {3} (code {4}).", "{5}",
                              "{6}", 0},
    [FINDING_REFERENCED] =
        {"referenced", SEVERITY_ERROR, "others refer to rows that the relay deletes",
         "Constraint {1} of table {2} refers to the outbox table, and published rows are to be "
         "deleted "
         "(outbox.on_published or outbox.retention): that fails, or takes the other rows along.",
         "Drop the constraint, or set outbox.on_published to mark and outbox.retention to null.",
         "ALTER TABLE {2} DROP CONSTRAINT {3};", INSPECT_REFERENCES},
    [FINDING_SCHEMA_VERSION] =
        {"schema-version", SEVERITY_WARNING, "the table has version 1",
         "The relay works on {1} at version 1, but cannot promise there that an aggregate's "
         "messages keep "
         "their order when transactions overlap; back-offs and holds are lost with a restart.",
         "Bring the table to version 2, while applications and relays run.",
         "outrider schema apply", 0},
    [FINDING_SCHEMA_PENDING] = {"schema-pending", SEVERITY_WARNING,
                                "the table's version is incomplete", "{1}: pending is {2}",
                                "Apply again: it makes what is missing, while writers go on.",
                                "outrider schema apply", 0},
    [FINDING_INDEX_MISSING] =
        {"index-missing", SEVERITY_ERROR, "no index serves the claim",
         "No valid index of {1} begins with ({2}), so each claim reads and sorts the whole table.",
         "Make it; it is built while writers go on. Version 2 brings an index of its own.",
         "CREATE INDEX CONCURRENTLY ix_outbox_unpublished ON {1} ({2});",
         INSPECT_UNPUBLISHED_INDEX},
    [FINDING_INDEX_INVALID] =
        {"index-invalid", SEVERITY_WARNING, "an index is invalid",
         "Index {1} is what a CREATE INDEX CONCURRENTLY that was cut short has left: each write "
         "keeps "
         "it up, no query uses it.",
         "Build it again, or drop it. (Of outrider's own, schema apply builds it again.)",
         "REINDEX INDEX CONCURRENTLY {1};", INSPECT_INVALID_INDEXES},
    [FINDING_PLAN] =
        {"plan", SEVERITY_ERROR, "the claim's plan is not by the index's order",
         "Planned for a claim of {2}: {3}. Its cost grows with the table, not with the batch.",
         "See that the index of the queue is there and valid; analyze the table; look at the plan "
         "again. "
         "Where published may be NULL, version 1 has no index that serves: apply version 2.",
         "ANALYZE {1};", 0},
    [FINDING_SEQUENCE_CACHE] =
        {"sequence-cache", SEVERITY_ERROR, "the sequence of seq hands out numbers ahead",
         "Sequence {1} has CACHE {2}: each session keeps numbers in reserve, so a later row of an "
         "aggregate can get a lower one and be sent first.",
         "Set it to 1; sessions keep what they have until they end.", "ALTER SEQUENCE {1} CACHE 1;",
         INSPECT_SEQUENCE_CACHE},
    [FINDING_SLOT_KEY] = {"slot-key", SEVERITY_ERROR, "slots, and a key that is not the aggregate",
                          "The table has {1} slots, and message.key is {2}: rows of one key would "
                          "be in several slots and "
                          "overtake each other. The relay refuses to work on it.",
                          "Set message.key to aggregate_id, or go back to one slot.",
                          "outrider schema apply --slots 1", 0},
    [FINDING_LANES_IDLE] = {"lanes-idle", SEVERITY_WARNING, "more lanes than can work",
                            "outbox.lanes is {1}, and with outbox.ordering key only {2} of the "
                            "lanes of all relays can work "
                            "at a time; the others hold a connection and stand by.",
                            "Give the table more slots, or lower outbox.lanes.",
                            "outrider schema apply --slots {3}", 0},
    [FINDING_SLOT_TAKEN] =
        {"slot-taken", SEVERITY_ERROR, "a session that is no relay holds a relay's lock",
         "{1} has {2}: {3}. PostgreSQL lets every role take such a lock. Until it is released, no "
         "relay sends the messages that it stands for.",
         "Let that session release it (pg_advisory_unlock, or the end of its transaction), or {4}; "
         "and find out why the application takes advisory locks whose first key is this table's "
         "oid.",
         "{5};", 0},
    [FINDING_ROW_UNORDERED] =
        {"row-unordered", SEVERITY_WARNING, "rows without a place in the queue",
         "Unpublished rows of {3} whose {2} is {6}: {1}. The queue is read by it. On version 2 a "
         "relay "
         "numbers them as new rows, when it connects and once a minute; an operator who sets {4} "
         "back to false should set {2} too.",
         "Give them one, in the order in which they are to be sent when that matters.",
         "UPDATE {3} SET {2} = {5} WHERE {7} AND {4} IS NOT TRUE;", INSPECT_UNORDERED},
    [FINDING_ROW_NUMBER_AHEAD] =
        {"row-number-ahead", SEVERITY_ERROR, "numbers that the sequence has not drawn",
         "Unpublished rows of {2} with a {3} above all that its sequence has drawn: {1}, the "
         "highest is {4}. A writer has set it, or the rows came without the sequence's last "
         "number, "
         "as in a copy or by logical replication. They are sent as the last of all that are there, "
         "so an aggregate's later rows can go before them.",
         "Let writers leave {3} to its default, and give these rows a number of the sequence, in "
         "their order.",
         "{5}", INSPECT_NUMBERS_AHEAD},
    [FINDING_ROW_POSTPONED] =
        {"row-postponed", SEVERITY_WARNING, "rows that wait longer than the relay lets any wait",
         "Unpublished rows of {2} whose {5} is more than {6} from now: {1}. Row {3} waits {4}. The "
         "relay lets no row wait so long (outbox.retry_backoff_max, and twice outbox.topic_retry), "
         "so a writer, an operator or a relay with other settings has set it. Until then the relay "
         "does not send them, nor, with outbox.ordering key, the later rows of their aggregates.",
         "Unless they are meant to wait, let them go at once.", "{7}", INSPECT_POSTPONED},
    [FINDING_AUTOVACUUM_OFF] =
        {"autovacuum-off", SEVERITY_ERROR, "nobody vacuums the table",
         "{1}: {2}. Each row of an outbox dies once; unvacuumed, table and indexes grow "
         "without end and claims become slow.",
         "Turn it on.", "{3}", INSPECT_AUTOVACUUM},
    [FINDING_SERVER_TIMEOUT] =
        {"server-timeout", SEVERITY_WARNING, "a limit of the server cuts the relay off",
         "{1} is {2} for this role: {3}. The relay goes on after it, with a new connection.",
         "Lift it for the relay's role.", "{4}", INSPECT_TIMEOUTS},
    [FINDING_CONNECTION_LIMIT] =
        {"connection-limit", SEVERITY_ERROR, "the role may not open enough connections",
         "Role {1} may hold {2} connections; outbox.lanes and what watches them need {3}.",
         "Raise the limit or lower outbox.lanes.", "ALTER ROLE {1} CONNECTION LIMIT {3};",
         INSPECT_CONNECTIONS},
    [FINDING_SNAPSHOT_HELD] =
        {"snapshot-held", SEVERITY_WARNING, "a session holds back vacuum",
         "Process {1} (role {2}, application {3}, {4}) has had a transaction open for {5}: no row "
         "that "
         "was published since can be vacuumed, and claims pass over all of them.",
         "Find out what it does. If it is forgotten, end it.", "SELECT pg_terminate_backend({1});",
         INSPECT_ACTIVITY},
    [FINDING_PREPARED_TRANSACTION] =
        {"prepared-transaction", SEVERITY_WARNING, "a prepared transaction holds back vacuum",
         "Transaction {1} of role {2} was prepared {3} ago and is still there, with its locks.",
         "Ask whoever coordinates it; then commit it or roll it back.", "ROLLBACK PREPARED {4};",
         INSPECT_PREPARED},
    [FINDING_REPLICATION_SLOT] =
        {"replication-slot", SEVERITY_WARNING, "nobody reads from a replication slot",
         "Replication slot {1} ({2}) is inactive, keeps {3} of WAL{4}, and fills the disk in "
         "time; a full disk stops the outbox.",
         "Start its reader, or drop it when there is none any more.",
         "SELECT pg_drop_replication_slot({5});", INSPECT_REPLICATION_SLOTS},
    [FINDING_ROW_UNREADABLE] =
        {"row-unreadable", SEVERITY_ERROR, "a row that PostgreSQL cannot read or print",
         "Row {2} of {1} waits, and the server cannot give its columns: {3}. No relay can send it.",
         "With SQLSTATE 22P05 or 22021 a text has a character that UTF-8 has no equivalent of: let "
         "the application write another one. With class 54 or another of 22 a value is too large "
         "to be printed: let the application write less. With XX001 it is corrupt: look for the "
         "disk's fault before anything else. Then mend the row, or delete it by its id.",
         NULL, 0},
    [FINDING_ROW_SLOW] =
        {"row-slow", SEVERITY_WARNING, "a row that PostgreSQL reads slowly",
         "Row {2} of {1} waits, and the server did not give its columns within {3} ms. If the row "
         "outlasts database.statement_timeout ({4} ms) alone, each attempt keeps its lane for "
         "about twice that time, and after outbox.max_retries attempts the row is dead.",
         "Mostly jsonb holds numbers of thousands of digits: 1e131071 takes a few bytes of disk "
         "and "
         "131 kB of text. Let the application write less; then mend the row, or delete it by its "
         "id.",
         NULL, 0},
    [FINDING_PAYLOAD_TOO_LARGE] = {"payload-too-large", SEVERITY_ERROR,
                                   "payloads that are too large to be sent",
                                   "A row that waits for topic {1} has a payload of {2} bytes; "
                                   "kafka.message.max.bytes is {3}, key and "
                                   "headers included. Such rows die at once.",
                                   "Raise kafka.message.max.bytes, and max.message.bytes of the "
                                   "topic with it; or let the application "
                                   "write less.",
                                   NULL, 0},
    [FINDING_KAFKA_AWAY] =
        {"kafka-away", SEVERITY_ERROR, "Kafka cannot be reached or lets nobody in", "{1}",
         RELAY_WAITS
         "Mend kafka.bootstrap.servers, the network, the login or the brokers; no topic "
         "was looked at.",
         NULL, 0},
    [FINDING_BROKER_ASTRAY] =
        {"broker-astray", SEVERITY_ERROR, "a broker advertises an address that leads nowhere",
         "Kafka answers at {1}, but broker {2} does not at {3}, the address that it advertises "
         "(advertised.listeners): {4}. Messages for the partitions that it leads wait.",
         "Set the broker's advertised.listeners to an address that leads to it from this host; or "
         "mend names, network or firewall in between.",
         NULL, 0},
    [FINDING_TOPIC_MISSING] =
        {"topic-missing", SEVERITY_ERROR, "a topic is not there",
         "Topic {1} does not exist, or this login may not see it. Unless brokers make topics by "
         "themselves, its rows wait until it is there.",
         "Make it, with the partitions and replicas that your other topics have.",
         "kafka-topics.sh --bootstrap-server {2} --create --topic {1} --partitions 6 "
         "--replication-factor 3",
         0},
    [FINDING_TOPIC_LEADER] =
        {"topic-leader", SEVERITY_ERROR, "partitions have no leader",
         "{2} of {3} partitions of topic {1} have no leader: messages for them wait.",
         "Bring back the brokers that hold them.",
         "kafka-topics.sh --bootstrap-server {4} --describe --unavailable-partitions", 0},
    [FINDING_REPLICATION_ONE] =
        {"replication-one", SEVERITY_WARNING, "a topic has a single replica",
         "Topic {1} is kept by one broker a partition: when that disk is lost, published messages "
         "are, and "
         "while the broker is away, messages wait.",
         "Give it 3 replicas, by a file that lists brokers for each partition: "
         "{\"version\":1,\"partitions\":[{\"topic\":\"{1}\",\"partition\":0,\"replicas\":[1,2,3]},."
         "..]}",
         "kafka-reassign-partitions.sh --bootstrap-server {2} --reassignment-json-file {1}.json "
         "--execute",
         0},
    [FINDING_MIN_INSYNC_ABOVE] =
        {"min-insync-above", SEVERITY_ERROR, "min.insync.replicas is above the replicas",
         "Topic {1} is kept by {2} of the {3} brokers that min.insync.replicas asks for: no "
         "message with acks=all can ever be written.",
         "Lower it below the number of replicas, or add replicas.",
         "kafka-configs.sh --bootstrap-server {4} --alter --entity-type topics --entity-name {1} "
         "--add-config min.insync.replicas={5}",
         0},
    [FINDING_MIN_INSYNC_ONE] =
        {"min-insync-one", SEVERITY_WARNING, "one replica may acknowledge alone",
         "Topic {1} has {2} replicas and min.insync.replicas 1: when the others lag, one broker "
         "alone "
         "acknowledges, and its loss loses what was marked as published.",
         "Raise it to 2.",
         "kafka-configs.sh --bootstrap-server {3} --alter --entity-type topics --entity-name {1} "
         "--add-config min.insync.replicas=2",
         0},
    [FINDING_IN_SYNC_TOO_FEW] =
        {"in-sync-too-few", SEVERITY_ERROR, "too few replicas are in sync",
         "A partition of topic {1} has {2} replicas in sync and needs {3}: messages for it wait.",
         "Bring back the brokers that hold its replicas.",
         "kafka-topics.sh --bootstrap-server {4} --describe --under-min-isr-partitions", 0},
    [FINDING_TOPIC_LIMIT] =
        {"topic-limit", SEVERITY_WARNING, "a topic takes less than the producer sends",
         "Topic {1} takes batches of at most {2} bytes (max.message.bytes), and the producer sends "
         "up to "
         "{3} ({4}): what lies between is refused by the broker, and a batch is sent again message "
         "by message.",
         "Raise the topic's limit, or lower kafka.message.max.bytes and kafka.batch.size.",
         "kafka-configs.sh --bootstrap-server {5} --alter --entity-type topics --entity-name {1} "
         "--add-config max.message.bytes={6}",
         0},
    [FINDING_PAYLOAD_ABOVE_TOPIC] =
        {"payload-above-topic", SEVERITY_ERROR, "payloads that are larger than their topic takes",
         "A row that waits for topic {1} has a payload of {2} bytes, and the topic takes messages "
         "of at most {3} "
         "(max.message.bytes). Unless compression makes it smaller, the broker refuses it, and the "
         "row dies.",
         "Raise the topic's limit, with room for key and headers; or let the application write "
         "less.",
         "kafka-configs.sh --bootstrap-server {4} --alter --entity-type topics --entity-name {1} "
         "--add-config max.message.bytes={5}",
         0},
    [FINDING_TOPIC_TIME_LIMIT] =
        {"topic-time-limit", SEVERITY_ERROR, "a topic refuses messages by their time",
         "Topic {1} takes no message whose time is more than {2} ms {3} its broker's clock ({4}), "
         "and {5}. "
         "Such messages wait.",
         "When this host's clock is wrong, set it right; else widen the topic's limit, or let the "
         "broker set the time (message.timestamp.type=LogAppendTime).",
         "{6}", 0},
};
