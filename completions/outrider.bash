# bash completion of outrider, printed by "outrider completion bash".
_outrider() {
    local word cur i glue='' place='' takes='' helps='' names='' flags=''
    local -a given=()
    for ((i = 1; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if ((${#given[@]})) && [[ -n $glue || $word == [=:]* ]]; then
            given[-1]+=$word
        else
            given+=("$word")
        fi
        glue=''
        [[ $word != [=:]* ]] || glue=1
    done
    cur=${given[-1]}
    unset 'given[-1]'
    for word in "${given[@]}"; do
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
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -f -- "$cur")
        return
        ;;
    -o)
        [[ $cur != *=* ]] || return
        compopt -o nospace
        mapfile -t COMPREPLY < <(compgen -W 'database.dsn= database.direct_dsn= database.application_name= database.connect_timeout= database.statement_timeout= database.lock_timeout= outbox.table= outbox.columns. outbox.ordering= outbox.lanes= outbox.batch_size= outbox.batch_bytes= outbox.window_deadline= outbox.on_published= outbox.poll_min= outbox.poll_max= outbox.listen= outbox.max_retries= outbox.retry_backoff= outbox.retry_backoff_max= outbox.dead_topic= outbox.topic_retry= outbox.retention= message.topic= message.topics_allow= message.key= message.format= message.headers= message.cloudevents_source= kafka. http.listen= http.hosts= log.level= log.format= stop_timeout=' -- "$cur")
        return
        ;;
    --*) return ;;
    esac
    case $place in
    '')
        names='run drain status health check dead purge schema config completion version help'
        flags='-c -o --help'
        ;;
    'run')
        names=''
        flags='-c -o --help'
        ;;
    'drain')
        names=''
        flags='--follow --max-messages --max-seconds --rate --give-up --dry-run -c -o --help'
        ;;
    'status')
        names=''
        flags='--json --watch --interval --max-age -c -o --help'
        ;;
    'health')
        names=''
        flags='--ready -c -o --help'
        ;;
    'check')
        names=''
        flags='--offline --json --held -c -o --help'
        ;;
    'dead')
        names='list show retry discard'
        flags='-c -o --help'
        ;;
    'dead list')
        names=''
        flags='--topic --aggregate --error --since --all --limit --json -c -o --help'
        ;;
    'dead show')
        names=''
        flags='--json -c -o --help'
        ;;
    'dead retry')
        names=''
        flags='--topic --aggregate --error --since --all --limit --dry-run -c -o --help'
        ;;
    'dead discard')
        names=''
        flags='--topic --aggregate --error --since --all --limit --dry-run -c -o --help'
        ;;
    'purge')
        names=''
        flags='--older-than --rate --dry-run -c -o --help'
        ;;
    'schema')
        names='apply revert status print'
        flags='-c -o --help'
        ;;
    'schema apply')
        names=''
        flags='--to --slots --inbox --dry-run -c -o --help'
        ;;
    'schema revert')
        names=''
        flags='--inbox --force -c -o --help'
        ;;
    'schema status')
        names=''
        flags='--to -c -o --help'
        ;;
    'schema print')
        names=''
        flags='--from --to --slots --inbox --grants -c -o --help'
        ;;
    'config')
        names='print keys'
        flags='-c -o --help'
        ;;
    'config print')
        names=''
        flags='-c -o --help'
        ;;
    'config keys')
        names=''
        flags='--yaml --scdoc -c -o --help'
        ;;
    'completion')
        names='bash zsh fish'
        flags='-c -o --help'
        ;;
    'version')
        names=''
        flags='-c -o --help'
        ;;
    esac
    [[ -z $helps ]] || flags=''
    [[ $cur != -* && -n $names ]] || names=$flags
    mapfile -t COMPREPLY < <(compgen -W "$names" -- "$cur")
}
complete -F _outrider outrider
