# fish completion of outrider, printed by "outrider completion fish".
function __outrider_at --argument-names wanted
    set -l place ''
    set -l takes ''
    set -l given (commandline -opc)
    set -e given[1]
    for word in $given
        if test -n "$takes"
            set takes ''
            continue
        end
        switch $word
            case -c -o --max-messages --max-seconds --rate --give-up --interval --max-age --held --topic --aggregate --error --since --limit --older-than --to --slots --from
                set takes $word
            case '-*'
            case '*'
                switch "$place $word"
                    case ' run' ' drain' ' status' ' health' ' check' ' dead' ' purge' ' schema' ' config' ' completion' ' version' 'dead list' 'dead show' 'dead retry' 'dead discard' 'schema apply' 'schema revert' 'schema status' 'schema print' 'config print' 'config keys'
                        set place (string trim "$place $word")
                end
        end
    end
    test "$place" = "$wanted"
end
complete -c outrider -f
complete -c outrider -s c -d 'configuration; default: $OUTRIDER_CONFIG, then /etc/outrider/outrider.yaml' -r -F
complete -c outrider -s o -d 'one setting, over file and environment; may be repeated' -x -a 'database.dsn= database.direct_dsn= database.application_name= database.connect_timeout= database.statement_timeout= database.lock_timeout= outbox.table= outbox.columns. outbox.ordering= outbox.lanes= outbox.batch_size= outbox.batch_bytes= outbox.window_deadline= outbox.on_published= outbox.poll_min= outbox.poll_max= outbox.listen= outbox.max_retries= outbox.retry_backoff= outbox.retry_backoff_max= outbox.dead_topic= outbox.topic_retry= outbox.retention= message.topic= message.topics_allow= message.key= message.format= message.headers= message.cloudevents_source= kafka. http.listen= http.hosts= log.level= log.format= stop_timeout='
complete -c outrider -s h -d 'this help' -l help
complete -c outrider -n '__outrider_at ""' -a run -d 'relay rows to Kafka until stopped'
complete -c outrider -n '__outrider_at ""' -a drain -d 'publish what is in the table now, then exit'
complete -c outrider -n '__outrider_at ""' -a status -d 'show the backlog, its age and the dead, by topic'
complete -c outrider -n '__outrider_at ""' -a health -d 'ask the relay of this host how it is'
complete -c outrider -n '__outrider_at ""' -a check -d 'find what is wrong with configuration, table and topics'
complete -c outrider -n '__outrider_at ""' -a dead -d 'rows that were given up: list, show, retry, discard'
complete -c outrider -n '__outrider_at ""' -a purge -d 'delete published rows that are old'
complete -c outrider -n '__outrider_at ""' -a schema -d 'the table'\''s versions: apply, revert, status, print'
complete -c outrider -n '__outrider_at ""' -a config -d 'the configuration: print, keys'
complete -c outrider -n '__outrider_at ""' -a completion -d 'print what completes commands and options in a shell'
complete -c outrider -n '__outrider_at ""' -a version -d 'print the version, as --version does'
complete -c outrider -n '__outrider_at ""' -a help -d 'show help for a command'
complete -c outrider -n '__outrider_at "drain"' -l follow -d 'later rows too: end when the table has none left'
complete -c outrider -n '__outrider_at "drain"' -x -l max-messages -d 'publish no more than N messages'
complete -c outrider -n '__outrider_at "drain"' -x -l max-seconds -d 'stop after S seconds'
complete -c outrider -n '__outrider_at "drain"' -x -l rate -d 'publish at most N messages a second'
complete -c outrider -n '__outrider_at "drain"' -x -l give-up -d 'end when nothing was possible for so long (default 30s) and no claim is under way'
complete -c outrider -n '__outrider_at "drain"' -l dry-run -d 'only say what would go where, by topic; needs no Kafka'
complete -c outrider -n '__outrider_at "status"' -l json -d 'one JSON object; with --watch one a look'
complete -c outrider -n '__outrider_at "status"' -l watch -d 'look again and again, with rate and trend, until ^C'
complete -c outrider -n '__outrider_at "status"' -x -l interval -d 'between two looks of --watch (default 2s)'
complete -c outrider -n '__outrider_at "status"' -x -l max-age -d 'a probe: exit 1 when the oldest message is older, e.g. 60s'
complete -c outrider -n '__outrider_at "health"' -l ready -d 'ask whether it is ready: servers, table and progress'
complete -c outrider -n '__outrider_at "check"' -l offline -d 'only what needs no server'
complete -c outrider -n '__outrider_at "check"' -l json -d 'one JSON object a line'
complete -c outrider -n '__outrider_at "check"' -x -l held -d 'a transaction that is open for so long is a finding (default 5m)'
complete -c outrider -n '__outrider_at "dead"' -a list -d 'list dead letters, the oldest death first'
complete -c outrider -n '__outrider_at "dead"' -a show -d 'show one dead letter with headers and payload'
complete -c outrider -n '__outrider_at "dead"' -a retry -d 'give dead letters all their attempts anew'
complete -c outrider -n '__outrider_at "dead"' -a discard -d 'delete dead letters, which are never sent then'
complete -c outrider -n '__outrider_at "dead list"' -x -l topic -d 'rows that would go to topic T'
complete -c outrider -n '__outrider_at "dead list"' -x -l aggregate -d 'rows of the aggregate ID'
complete -c outrider -n '__outrider_at "dead list"' -x -l error -d 'rows whose error class is TEXT or whose last error has it in it; case counts'
complete -c outrider -n '__outrider_at "dead list"' -x -l since -d 'rows that died within TIME, e.g. 2h, or since a time, e.g. 2026-11-21T13:00Z'
complete -c outrider -n '__outrider_at "dead list"' -l all -d 'all rows; what else is given still narrows them'
complete -c outrider -n '__outrider_at "dead list"' -x -l limit -d 'the oldest N (default 1000)'
complete -c outrider -n '__outrider_at "dead list"' -l json -d 'one JSON object a line, without payloads'
complete -c outrider -n '__outrider_at "dead show"' -l json -d 'one JSON object'
complete -c outrider -n '__outrider_at "dead retry"' -x -l topic -d 'rows that would go to topic T'
complete -c outrider -n '__outrider_at "dead retry"' -x -l aggregate -d 'rows of the aggregate ID'
complete -c outrider -n '__outrider_at "dead retry"' -x -l error -d 'rows whose error class is TEXT or whose last error has it in it; case counts'
complete -c outrider -n '__outrider_at "dead retry"' -x -l since -d 'rows that died within TIME, e.g. 2h, or since a time, e.g. 2026-11-21T13:00Z'
complete -c outrider -n '__outrider_at "dead retry"' -l all -d 'all rows; what else is given still narrows them'
complete -c outrider -n '__outrider_at "dead retry"' -x -l limit -d 'the oldest N (default: no limit)'
complete -c outrider -n '__outrider_at "dead retry"' -l dry-run -d 'only say which rows and how many'
complete -c outrider -n '__outrider_at "dead discard"' -x -l topic -d 'rows that would go to topic T'
complete -c outrider -n '__outrider_at "dead discard"' -x -l aggregate -d 'rows of the aggregate ID'
complete -c outrider -n '__outrider_at "dead discard"' -x -l error -d 'rows whose error class is TEXT or whose last error has it in it; case counts'
complete -c outrider -n '__outrider_at "dead discard"' -x -l since -d 'rows that died within TIME, e.g. 2h, or since a time, e.g. 2026-11-21T13:00Z'
complete -c outrider -n '__outrider_at "dead discard"' -l all -d 'all rows; what else is given still narrows them'
complete -c outrider -n '__outrider_at "dead discard"' -x -l limit -d 'the oldest N (default: no limit)'
complete -c outrider -n '__outrider_at "dead discard"' -l dry-run -d 'only say which rows and how many'
complete -c outrider -n '__outrider_at "purge"' -x -l older-than -d 'rows that were published longer ago, e.g. 7d; must be given'
complete -c outrider -n '__outrider_at "purge"' -x -l rate -d 'delete at most N rows a second'
complete -c outrider -n '__outrider_at "purge"' -l dry-run -d 'only say how many'
complete -c outrider -n '__outrider_at "schema"' -a apply -d 'bring the table to its latest version'
complete -c outrider -n '__outrider_at "schema"' -a revert -d 'take the table one version back'
complete -c outrider -n '__outrider_at "schema"' -a status -d 'show the table'\''s version and what is pending'
complete -c outrider -n '__outrider_at "schema"' -a print -d 'print every version'\''s steps as plain SQL'
complete -c outrider -n '__outrider_at "schema apply"' -x -l to -d 'up to version N (default: the latest)'
complete -c outrider -n '__outrider_at "schema apply"' -x -l slots -d 'N slots, a power of two up to 64 (default: as many as there are)'
complete -c outrider -n '__outrider_at "schema apply"' -l inbox -d 'also an inbox for consumers and outbox_enqueue() for writers; --to 0: only the inbox'
complete -c outrider -n '__outrider_at "schema apply"' -l dry-run -d 'only say what would be done'
complete -c outrider -n '__outrider_at "schema revert"' -l inbox -d 'not the table: the inbox and the functions that came with it'
complete -c outrider -n '__outrider_at "schema revert"' -l force -d 'drop version 1, or the inbox, even when rows are left'
complete -c outrider -n '__outrider_at "schema status"' -x -l to -d 'what leads beyond version N is not pending; 0: only the inbox can be'
complete -c outrider -n '__outrider_at "schema print"' -x -l from -d 'steps after version N (default 0)'
complete -c outrider -n '__outrider_at "schema print"' -x -l to -d 'up to version N (default: the latest)'
complete -c outrider -n '__outrider_at "schema print"' -x -l slots -d 'and to N slots, from any number of them'
complete -c outrider -n '__outrider_at "schema print"' -l inbox -d 'and the inbox with its functions'
complete -c outrider -n '__outrider_at "schema print"' -l grants -d 'not the steps: roles for owner, writers, relay and monitor, and the least rights each needs'
complete -c outrider -n '__outrider_at "config"' -a print -d 'print the effective configuration with each value'\''s origin'
complete -c outrider -n '__outrider_at "config"' -a keys -d 'print the reference of every key, as Markdown'
complete -c outrider -n '__outrider_at "config keys"' -l yaml -d 'as a file with every key and its default'
complete -c outrider -n '__outrider_at "config keys"' -l scdoc -d 'as the source of a manual page'
complete -c outrider -n '__outrider_at "completion"' -a 'bash zsh fish'
