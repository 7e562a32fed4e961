#compdef outrider
# zsh completion of outrider, printed by "outrider completion zsh".
_outrider() {
    local word place='' takes='' helps=''
    local -a names flags keys
    for word in "${(@)words[2,CURRENT-1]}"; do
        if [[ -n $takes ]]; then
            takes=''
            continue
        fi
        case $word in
        -c | -o | --max-messages | --max-seconds | --rate | --give-up | --interval | --max-age | --held | --topic | --aggregate | --error | --since | --limit | --older-than | --to | --slots | --from) takes=$word ;;
        -*) ;;
        *)
            case "$place $word" in
            ' help') helps=1 ;;
            ' run' | ' drain' | ' status' | ' health' | ' check' | ' dead' | ' purge' | ' schema' | ' config' | ' completion' | ' version' | 'dead list' | 'dead show' | 'dead retry' | 'dead discard' | 'schema apply' | 'schema revert' | 'schema status' | 'schema print' | 'config print' | 'config keys') place=${place:+$place }$word ;;
            esac
            ;;
        esac
    done
    case $takes in
    -c)
        _files
        return
        ;;
    -o)
        keys=(database.dsn= database.direct_dsn= database.application_name= database.connect_timeout= database.statement_timeout= database.lock_timeout= outbox.table= outbox.columns. outbox.ordering= outbox.lanes= outbox.batch_size= outbox.batch_bytes= outbox.window_deadline= outbox.on_published= outbox.poll_min= outbox.poll_max= outbox.listen= outbox.max_retries= outbox.retry_backoff= outbox.retry_backoff_max= outbox.dead_topic= outbox.topic_retry= outbox.retention= message.topic= message.topics_allow= message.key= message.format= message.headers= message.cloudevents_source= kafka. http.listen= http.hosts= log.level= log.format= stop_timeout=)
        compadd -S '' -a keys
        return
        ;;
    --*) return 1 ;;
    esac
    case $place in
    '')
        names=(
            'run:relay rows to Kafka until stopped'
            'drain:publish what is in the table now, then exit'
            'status:show the backlog, its age and the dead, by topic'
            'health:ask the relay of this host how it is'
            'check:find what is wrong with configuration, table and topics'
            'dead:rows that were given up: list, show, retry, discard'
            'purge:delete published rows that are old'
            'schema:the table'\''s versions: apply, revert, status, print'
            'config:the configuration: print, keys'
            'completion:print what completes commands and options in a shell'
            'version:print the version, as --version does'
            'help:show help for a command')
        flags=(
            '-c:configuration; default: $OUTRIDER_CONFIG, then /etc/outrider/outrider.yaml'
            '-o:one setting, over file and environment; may be repeated'
            '-h:this help')
        ;;
    'run')
        names=()
        flags=(
            '-c:configuration; default: $OUTRIDER_CONFIG, then /etc/outrider/outrider.yaml'
            '-o:one setting, over file and environment; may be repeated'
            '-h:this help')
        ;;
    'drain')
        names=()
        flags=(
            '--follow:later rows too: end when the table has none left'
            '--max-messages:publish no more than N messages'
            '--max-seconds:stop after S seconds'
            '--rate:publish at most N messages a second'
            '--give-up:end when nothing was possible for so long (default 30s) and no claim is under way'
            '--dry-run:only say what would go where, by topic; needs no Kafka'
            '-c:configuration; default: $OUTRIDER_CONFIG, then /etc/outrider/outrider.yaml'
            '-o:one setting, over file and environment; may be repeated'
            '-h:this help')
        ;;
    'status')
        names=()
        flags=(
            '--json:one JSON object; with --watch one a look'
            '--watch:look again and again, with rate and trend, until ^C'
            '--interval:between two looks of --watch (default 2s)'
            '--max-age:a probe: exit 1 when the oldest message is older, e.g. 60s'
            '-c:configuration; default: $OUTRIDER_CONFIG, then /etc/outrider/outrider.yaml'
            '-o:one setting, over file and environment; may be repeated'
            '-h:this help')
        ;;
    'health')
        names=()
        flags=(
            '--ready:ask whether it is ready: servers, table and progress'
            '-c:configuration; default: $OUTRIDER_CONFIG, then /etc/outrider/outrider.yaml'
            '-o:one setting, over file and environment; may be repeated'
            '-h:this help')
        ;;
    'check')
        names=()
        flags=(
            '--offline:only what needs no server'
            '--json:one JSON object a line'
            '--held:a transaction that is open for so long is a finding (default 5m)'
            '-c:configuration; default: $OUTRIDER_CONFIG, then /etc/outrider/outrider.yaml'
            '-o:one setting, over file and environment; may be repeated'
            '-h:this help')
        ;;
    'dead')
        names=(
            'list:list dead letters, the oldest death first'
            'show:show one dead letter with headers and payload'
            'retry:give dead letters all their attempts anew'
            'discard:delete dead letters, which are never sent then')
        flags=(
            '-c:configuration; default: $OUTRIDER_CONFIG, then /etc/outrider/outrider.yaml'
            '-o:one setting, over file and environment; may be repeated'
            '-h:this help')
        ;;
    'dead list')
        names=()
        flags=(
            '--topic:rows that would go to topic T'
            '--aggregate:rows of the aggregate ID'
            '--error:rows whose error class is TEXT or whose last error has it in it; case counts'
            '--since:rows that died within TIME, e.g. 2h, or since a time, e.g. 2026-11-21T13:00Z'
            '--all:all rows; what else is given still narrows them'
            '--limit:the oldest N (default 1000)'
            '--json:one JSON object a line, without payloads'
            '-c:configuration; default: $OUTRIDER_CONFIG, then /etc/outrider/outrider.yaml'
            '-o:one setting, over file and environment; may be repeated'
            '-h:this help')
        ;;
    'dead show')
        names=()
        flags=(
            '--json:one JSON object'
            '-c:configuration; default: $OUTRIDER_CONFIG, then /etc/outrider/outrider.yaml'
            '-o:one setting, over file and environment; may be repeated'
            '-h:this help')
        ;;
    'dead retry')
        names=()
        flags=(
            '--topic:rows that would go to topic T'
            '--aggregate:rows of the aggregate ID'
            '--error:rows whose error class is TEXT or whose last error has it in it; case counts'
            '--since:rows that died within TIME, e.g. 2h, or since a time, e.g. 2026-11-21T13:00Z'
            '--all:all rows; what else is given still narrows them'
            '--limit:the oldest N (default: no limit)'
            '--dry-run:only say which rows and how many'
            '-c:configuration; default: $OUTRIDER_CONFIG, then /etc/outrider/outrider.yaml'
            '-o:one setting, over file and environment; may be repeated'
            '-h:this help')
        ;;
    'dead discard')
        names=()
        flags=(
            '--topic:rows that would go to topic T'
            '--aggregate:rows of the aggregate ID'
            '--error:rows whose error class is TEXT or whose last error has it in it; case counts'
            '--since:rows that died within TIME, e.g. 2h, or since a time, e.g. 2026-11-21T13:00Z'
            '--all:all rows; what else is given still narrows them'
            '--limit:the oldest N (default: no limit)'
            '--dry-run:only say which rows and how many'
            '-c:configuration; default: $OUTRIDER_CONFIG, then /etc/outrider/outrider.yaml'
            '-o:one setting, over file and environment; may be repeated'
            '-h:this help')
        ;;
    'purge')
        names=()
        flags=(
            '--older-than:rows that were published longer ago, e.g. 7d; must be given'
            '--rate:delete at most N rows a second'
            '--dry-run:only say how many'
            '-c:configuration; default: $OUTRIDER_CONFIG, then /etc/outrider/outrider.yaml'
            '-o:one setting, over file and environment; may be repeated'
            '-h:this help')
        ;;
    'schema')
        names=(
            'apply:bring the table to its latest version'
            'revert:take the table one version back'
            'status:show the table'\''s version and what is pending'
            'print:print every version'\''s steps as plain SQL')
        flags=(
            '-c:configuration; default: $OUTRIDER_CONFIG, then /etc/outrider/outrider.yaml'
            '-o:one setting, over file and environment; may be repeated'
            '-h:this help')
        ;;
    'schema apply')
        names=()
        flags=(
            '--to:up to version N (default: the latest)'
            '--slots:N slots, a power of two up to 64 (default: as many as there are)'
            '--inbox:also an inbox for consumers and outbox_enqueue() for writers; --to 0: only the inbox'
            '--dry-run:only say what would be done'
            '-c:configuration; default: $OUTRIDER_CONFIG, then /etc/outrider/outrider.yaml'
            '-o:one setting, over file and environment; may be repeated'
            '-h:this help')
        ;;
    'schema revert')
        names=()
        flags=(
            '--inbox:not the table: the inbox and the functions that came with it'
            '--force:drop version 1, or the inbox, even when rows are left'
            '-c:configuration; default: $OUTRIDER_CONFIG, then /etc/outrider/outrider.yaml'
            '-o:one setting, over file and environment; may be repeated'
            '-h:this help')
        ;;
    'schema status')
        names=()
        flags=(
            '--to:what leads beyond version N is not pending; 0: only the inbox can be'
            '-c:configuration; default: $OUTRIDER_CONFIG, then /etc/outrider/outrider.yaml'
            '-o:one setting, over file and environment; may be repeated'
            '-h:this help')
        ;;
    'schema print')
        names=()
        flags=(
            '--from:steps after version N (default 0)'
            '--to:up to version N (default: the latest)'
            '--slots:and to N slots, from any number of them'
            '--inbox:and the inbox with its functions'
            '--grants:not the steps: roles for owner, writers, relay and monitor, and the least rights each needs'
            '-c:configuration; default: $OUTRIDER_CONFIG, then /etc/outrider/outrider.yaml'
            '-o:one setting, over file and environment; may be repeated'
            '-h:this help')
        ;;
    'config')
        names=(
            'print:print the effective configuration with each value'\''s origin'
            'keys:print the reference of every key, as Markdown')
        flags=(
            '-c:configuration; default: $OUTRIDER_CONFIG, then /etc/outrider/outrider.yaml'
            '-o:one setting, over file and environment; may be repeated'
            '-h:this help')
        ;;
    'config print')
        names=()
        flags=(
            '-c:configuration; default: $OUTRIDER_CONFIG, then /etc/outrider/outrider.yaml'
            '-o:one setting, over file and environment; may be repeated'
            '-h:this help')
        ;;
    'config keys')
        names=()
        flags=(
            '--yaml:as a file with every key and its default'
            '--scdoc:as the source of a manual page'
            '-c:configuration; default: $OUTRIDER_CONFIG, then /etc/outrider/outrider.yaml'
            '-o:one setting, over file and environment; may be repeated'
            '-h:this help')
        ;;
    'completion')
        names=(bash zsh fish)
        flags=(
            '-c:configuration; default: $OUTRIDER_CONFIG, then /etc/outrider/outrider.yaml'
            '-o:one setting, over file and environment; may be repeated'
            '-h:this help')
        ;;
    'version')
        names=()
        flags=(
            '-c:configuration; default: $OUTRIDER_CONFIG, then /etc/outrider/outrider.yaml'
            '-o:one setting, over file and environment; may be repeated'
            '-h:this help')
        ;;
    esac
    [[ -z $helps ]] || flags=()
    if [[ $PREFIX == -* || ${#names} -eq 0 ]]; then
        _describe -o option flags
    else
        _describe command names
    fi
}
_outrider "$@"
