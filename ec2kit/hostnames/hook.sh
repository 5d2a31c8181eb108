#!/bin/sh
# The ec2kit boot hook: asks the hostname service who this machine is, before any service starts.
#
# cloud-init runs it on every boot, and only logs that it failed. So what must not happen (a name that is another's, a
# Puppet agent under it) is prevented first, by a neutral name and a lock, and allowed once the service has answered.
set -u
umask 022
LC_ALL=C
export LC_ALL
: "${PATH:=/usr/sbin:/usr/bin:/sbin:/bin}"

# settings
service=''
authority=''
patience=120
hosts=true
puppet=''
# end of settings

mark='written by the ec2kit boot hook'
root=${EC2KIT_ROOT:-}
imds=${EC2KIT_METADATA:-http://169.254.169.254}
memory=$root/var/lib/ec2kit/hostname
config=$root/etc/cloud/cloud.cfg.d/95_ec2kit.cfg
units=$root/etc/systemd/system
id='' pass='' name='' fqdn='' secret='' why='' tool='' status=000 trust='' body=''

say() {
    echo "ec2kit: $*" >&2
    { printf '\r\nec2kit: %s\r\n' "$*" >> "$root/dev/console"; } 2> /dev/null || :
}

# Seconds, by the uptime in hundredths: the date is set while a machine boots.
left() {
    read -r up _ < /proc/uptime
    left=$(((ends - ${up%.*}${up#*.} + 99) / 100))
    [ "$left" -gt 0 ]
}

# rest SECONDS: but never beyond the deadline.
rest() {
    left || return 1
    sleep "$(($1 < left ? $1 : left))"
}

# put FILE MODE: what comes in, whole or not at all.
put() {
    mkdir -p "${1%/*}" && (umask 077 && cat > "$1.new") && chmod "$2" "$1.new" && mv -f "$1.new" "$1"
}

remembered() {
    sed -n "s/^$1=//p" "$memory/state" 2> /dev/null | head -n 1
}

remember() {
    printf 'instance=%s\nstage=%s\nname=%s\nfqdn=%s\n' "$id" "$1" "$name" "$fqdn" | put "$memory/state" 600 && sync
}

# only TEXT CHARACTERS: it has some, and no other, a line's end included.
only() {
    case $1 in '' | *[!$2]*) return 1 ;; esac
}

is_instance() {
    case $1 in i-*) only "${1#i-}" 0-9a-f && { [ ${#1} = 10 ] || [ ${#1} = 19 ]; } ;; *) return 1 ;; esac
}

# Letters, digits and hyphens, 63 in a label, 253 in all (RFC 1123).
is_name() {
    case $1 in '' | *[!a-z0-9.-]* | [.-]* | *[.-] | *..* | *.-* | *-.*) return 1 ;; esac
    [ ${#1} -le 253 ] || return 1
    labels=$1
    while [ -n "$labels" ]; do
        label=${labels%%.*}
        [ ${#label} -le 63 ] || return 1
        case $labels in *.*) labels=${labels#*.} ;; *) labels='' ;; esac
    done
}

# fetch METHOD URL FILE [HEADER]…: `status` is 000 when nobody answered. No more than 8 KiB are kept.
fetch() {
    method=$1 url=$2 file=$3 status=000
    shift 3
    left || return 0
    limit=$((left < 10 ? left : 10))
    : > "$work/head"
    { "with_$tool" "$@"; echo $? > "$work/ended"; } | head -c 8193 > "$file"
    # A body that was cut, by time or by the other side, is no answer; one that was too long is a wrong one.
    [ "$(cat "$work/ended")" = 0 ] || [ "$(wc -c < "$file")" -gt 8192 ] || return 0
    status=$(sed -n 's|^ *HTTP/[0-9.]* \([0-9][0-9][0-9]\).*|\1|p' "$work/head" | tail -n 1)
    status=${status:-000}
}

with_curl() {
    for header; do
        shift
        set -- "$@" -H "$header"
    done
    [ -z "$body" ] || set -- "$@" --data-binary "@$body"
    [ -z "$trust" ] || set -- "$@" --proto =https --cacert "$trust"
    curl -q -s --noproxy '*' --http1.1 --connect-timeout 5 -m "$limit" -X "$method" -D "$work/head" "$@" "$url" \
        2> /dev/null
}

with_wget() {
    for header; do
        shift
        set -- "$@" --header="$header"
    done
    [ -z "$body" ] || set -- "$@" --body-file="$body"
    [ -z "$trust" ] || set -- "$@" --ca-certificate="$trust"
    WGETRC=$work/wgetrc timeout "$limit" wget -nv -S -O - --no-proxy --no-hsts --content-on-error --max-redirect=0 \
        -t 1 -T "$limit" --method="$method" "$@" "$url" 2> "$work/head"
    ended=$?
    # 8: the answer is an error, which is an answer.
    [ $ended = 8 ] || return $ended
}

find_tool() {
    if command -v curl > /dev/null; then
        tool=curl
    elif wget --help 2>&1 | grep -q -e --method; then
        tool=wget
    else
        return 1
    fi
}

# Why nobody answered, by the tool's exit code (curl(1), "EXIT CODES"; wget(1), "EXIT STATUS"; timeout(1)).
in_words() {
    code=$(cat "$work/ended") said='the service does not answer'
    case $tool$code in
        wget4)
            case $(cat "$work/head") in
                *resolve*) code=6 ;;
                *refused*) code=7 ;;
                *SSL*) code=35 ;;
            esac
            ;;
        wget5) code=60 ;;
        wget124) code=28 ;;
    esac
    case $code in
        6) said='the host of the service is not found in DNS' ;;
        7) said="$said: nobody listens there, or no way leads there" ;;
        28) said="$said in time" ;;
        35) said='the service does not speak TLS with this machine' ;;
        60) said='the certificate of the service is not trusted here: its CA, its name or its dates' ;;
    esac
    echo "$said ($tool $(cat "$work/ended"))"
}

# metadata PATH FILE; IMDSv2: a token by PUT, asked for until the network is there.
metadata() {
    trust='' body=''
    while [ -z "$pass" ]; do
        fetch PUT "$imds/latest/api/token" "$work/pass" 'X-aws-ec2-metadata-token-ttl-seconds: 21600'
        pass=$(cat "$work/pass")
        [ "$status" = 200 ] && only "$pass" 'A-Za-z0-9_=+/-' && break
        pass=''
        rest 1 || return 1
    done
    while :; do
        fetch GET "$imds/latest/$1" "$2" "X-aws-ec2-metadata-token: $pass"
        case $status in 200) return 0 ;; 000 | 429 | 5??) rest 1 || return 1 ;; *) return 1 ;; esac
    done
}

# A Nitro machine is told its id by its board, without any network; others ask.
find_id() {
    if { read -r id < "$root/sys/class/dmi/id/board_asset_tag"; } 2> /dev/null && is_instance "$id"; then
        return 0
    fi
    id=''
    [ -n "$tool" ] && metadata meta-data/instance-id "$work/id" && id=$(cat "$work/id")
    is_instance "$id"
}

# configure NAME FQDN STAGE: cloud-init sets both in this boot and in every one to come.
configure() {
    {
        printf "# %s\nhostname: '%s'\nfqdn: '%s'\npreserve_hostname: false\n" "$mark" "$1" "$2"
        [ "$hosts" != true ] || echo 'manage_etc_hosts: true'
        [ -z "$puppet" ] || [ "$3" != bound ] || configure_puppet "$2"
    } | put "$config" 644 || return 1
    # A name that is not the one it wrote last is a person's to cloud-init, and stays. The name is not theirs to change.
    [ ! -s "$root/etc/hostname" ] || put "$root/var/lib/cloud/data/previous-hostname" 644 < "$root/etc/hostname"
}

# Its default arguments end with 2 when all went well (cloud-init 5747).
configure_puppet() {
    kind=packages install=true
    [ ! -x "$root/usr/bin/puppet" ] || install=false
    [ ! -x "$root/opt/puppetlabs/bin/puppet" ] || kind=aio install=false
    printf 'puppet:\n  install: %s\n  install_type: %s\n  package_name: puppet-agent\n  exec: true\n' $install $kind
    printf '  exec_args: [--onetime, --verbose, --no-daemonize, --no-splay, --waitforcert, "60"]\n'
    printf "  conf:\n    agent:\n      server: '%s'\n      certname: '%s'\n" "$puppet" "$1"
}

# The state directories of Puppet's and OpenVox's own packages, and of Debian's.
locks="$root/opt/puppetlabs/puppet/cache/state $root/var/cache/puppet/state $root/var/lib/puppet/state"

lock_puppet() {
    for place in $locks; do
        [ -e "$place/agent_disabled.lock" ] ||
            echo '{"disabled_message":"ec2kit: this machine has no name yet"}' | put "$place/agent_disabled.lock" 644
    done
}

# A lock that a person made stays.
unlock_puppet() {
    for place in $locks; do
        grep -qs '"ec2kit: ' "$place/agent_disabled.lock" || continue
        rm -f "$place/agent_disabled.lock"
        rmdir "$place" 2> /dev/null || :
    done
}

# Puppet's and OpenVox's packages share a tree, Debian's have another.
write_attributes() {
    for place in "$root/etc/puppetlabs/puppet" "$root/etc/puppet"; do
        [ -n "$puppet" ] || [ -d "$place" ] || continue
        file=$place/csr_attributes.yaml
        if [ -e "$file" ] && ! grep -q "$mark" "$file"; then
            mv -f "$file" "$file.before-ec2kit"
            say "$file was there: it is $file.before-ec2kit now"
        fi
        printf "# %s\ncustom_attributes:\n  1.2.840.113549.1.9.7: '%s'\nextension_requests:\n  pp_instance_id: '%s'\n" \
            "$mark" "$secret" "$id" | put "$file" 600 || return 1
    done
}

# Keys that were another machine's would pass for it; those of a former claim have a certificate that is revoked.
forget_keys() {
    for place in "$root/etc/puppetlabs/puppet/ssl" "$root/var/lib/puppet/ssl" "$root/etc/puppet/ssl"; do
        if [ -e "$place/ca" ]; then
            say "$place is kept: a certificate authority is in it"
        else
            rm -rf "$place/certs" "$place/private_keys" "$place/public_keys" "$place/certificate_requests" \
                "$place/crl.pem"
        fi
    done
}

# The service must not be what keeps a machine down: somebody asks on.
leave_retry() {
    [ "$0" = "$memory/hook" ] || put "$memory/hook" 700 < "$0" || return 0
    printf '%s\n' '[Unit]' 'Description=Claim the host name of this machine' '[Service]' Type=oneshot \
        'ExecStart=/bin/sh /var/lib/ec2kit/hostname/hook again' | put "$units/ec2kit-claim.service" 644
    printf '%s\n' '[Unit]' 'Description=Ask again for the host name of this machine' '[Timer]' OnActiveSec=30 \
        OnUnitInactiveSec=60 RandomizedDelaySec=15 | put "$units/ec2kit-claim.timer" 644
    [ -n "$root" ] || { systemctl daemon-reload && systemctl --no-block start ec2kit-claim.timer; }
}

drop_retry() {
    [ -e "$units/ec2kit-claim.timer" ] || return 0
    rm -f "$units/ec2kit-claim.timer" "$units/ec2kit-claim.service" "$memory/hook"
    # Whatever systemd says of it: the machine has its name.
    [ -n "$root" ] || { systemctl --no-block stop ec2kit-claim.timer; systemctl daemon-reload; } || :
}

# Three lines of the right form, and not a byte besides.
read_answer() {
    { read -r name && read -r fqdn && read -r secret; } < "$work/answer" || return 1
    [ "$(wc -c < "$work/answer")" = $((${#name} + ${#fqdn} + ${#secret} + 3)) ] || return 1
    is_name "$name" && is_name "$fqdn" && [ "$name" = "${fqdn%%.*}" ] && [ "$name" != "$fqdn" ] || return 1
    only "$secret" 'A-Za-z0-9_=.+/-' && [ ${#secret} -ge 16 ] && [ ${#secret} -le 256 ]
}

# How it ends is `verdict`: bound, refused, held, wrong, later, away.
claim() {
    verdict=wrong why='there is no curl here, and no wget with --method'
    [ -n "$tool" ] || return 0
    verdict=away why='the metadata service does not answer'
    metadata dynamic/instance-identity/rsa2048 "$work/blob" || return 0
    blob=$(tr -d '\r\n' < "$work/blob")
    only "$blob" 'A-Za-z0-9+/=' || { why='the identity document is not one'; return 0; }
    printf '{"rsa2048":"%s"}' "$blob" > "$work/ask"
    trust=$work/ca.pem body=$work/ask
    [ -n "$authority" ] || trust=''
    while left; do
        fetch POST "$service/v1/claim" "$work/answer" 'Content-Type: application/json' 'Accept: text/plain'
        told=$(head -n 1 "$work/answer" | tr -cd '[:print:]' | cut -c 1-160)
        pause=3
        case $status in
            200)
                verdict=bound
                read_answer || verdict=wrong why='the answer of the service is not of its form'
                return 0
                ;;
            202 | 429)
                pause=$(sed -n 's/^ *[Rr]etry-[Aa]fter: *\([0-9]\{1,3\}\)[^0-9]*$/\1/p' "$work/head" | tail -n 1)
                pause=${pause:-2}
                [ "$pause" -gt 0 ] || pause=1
                verdict=later why="not yet: $told"
                ;;
            000) verdict=away why=$(in_words) ;;
            5??) verdict=away why="the service answers $status: $told" ;;
            409)
                # Another has the name: it may be ending, or an operator gives the name on. The timer asks again.
                verdict=held why="the service answers 409: $told"
                return 0
                ;;
            *)
                verdict=refused why="the service answers $status: $told"
                return 0
                ;;
        esac
        rest "$pause" || return 0
    done
}

bind() {
    # The service cleans Puppet's CA before it gives a name, so an agent of before must enrol anew.
    forget_keys
    if ! { configure "$name" "$fqdn" bound && write_attributes && remember bound; }; then
        why="the name $fqdn is given, and cannot be written down"
        return 1
    fi
    # cloud-init sets Puppet up once for an instance, perhaps under another name than this.
    rm -f "$root/var/lib/cloud/instance/sem/config_puppet"
    unlock_puppet
    drop_retry
}

neutral() {
    name=${id:-ec2kit-unnamed} fqdn=${id:-ec2kit-unnamed}
    configure "$name" "$fqdn" none
}

# The name that the machine was launched with; it is not vouched for, so Puppet stays locked.
by_tag() {
    [ -n "$pass" ] || return 1
    ends=$((ends + 1000))
    metadata meta-data/tags/instance/ec2kit:hostname "$work/tag" || return 1
    fqdn=$(tr '[:upper:]' '[:lower:]' < "$work/tag")
    is_name "$fqdn" || return 1
    name=${fqdn%%.*}
    configure "$name" "$fqdn" provisional && remember provisional
}

bound_before() {
    [ "$(remembered instance)" = "$id" ] && [ "$(remembered stage)" = bound ] || return 1
    name=$(remembered name) fqdn=$(remembered fqdn)
}

at_boot() {
    if ! find_id; then
        id=${INSTANCE_ID:-}
        is_instance "$id" || id=''
        lock_puppet
        neutral
        leave_retry
        say "this machine has no name, Puppet is locked: the metadata service does not tell its id"
        return 1
    fi
    if bound_before; then
        configure "$name" "$fqdn" bound && unlock_puppet && drop_retry
        return
    fi
    lock_puppet
    neutral
    known=$(remembered instance)
    if [ -n "$known" ] && [ "$known" != "$id" ]; then
        say "this is $id with the disk of $known: a name of its own is asked for"
        forget_keys
        rm -f "$memory/state"
    fi
    claim
    case $verdict in
        bound)
            bind && say "this is $fqdn" && return
            leave_retry
            ;;
        refused) drop_retry ;;
        away)
            leave_retry
            if by_tag; then
                say "this is $fqdn by its tag, Puppet is locked until the service vouches for it: $why"
                return
            fi
            ;;
        *) leave_retry ;;
    esac
    # A name by its tag, of an earlier boot, is not the one that it has now.
    rm -f "$memory/state"
    neutral
    say "$id has no name, Puppet is locked: $why"
    return 1
}

# By the timer: a running machine keeps the name it has until the service gives or refuses one.
again() {
    find_id || return 0
    was=$(remembered fqdn)
    if bound_before; then
        # The boot could not find out whose disk this is.
        verdict=bound was=''
        configure "$name" "$fqdn" bound && unlock_puppet && drop_retry
    else
        claim
    fi
    case $verdict in
        bound)
            [ -z "$secret" ] || bind || { say "$why" && return 1; }
            say "this is $fqdn"
            ;;
        refused | held)
            # Neutral and still held: nothing is new.
            [ "$verdict" = refused ] || [ -n "$was" ] || return 0
            neutral
            rm -f "$memory/state"
            [ "$verdict" = held ] || drop_retry
            say "$id has no name any more, Puppet is locked: $why"
            ;;
        *) return 0 ;;
    esac
    [ -z "$root" ] && command -v cloud-init > /dev/null || return 0
    if [ "$was" != "$fqdn" ]; then
        cloud-init single --name set_hostname --frequency always
        cloud-init single --name update_etc_hosts --frequency always
    fi
    [ -z "$puppet" ] || [ "$verdict" != bound ] || cloud-init single --name puppet --frequency always
}

[ "${1:-}" != again ] || patience=20
read -r up _ < /proc/uptime
ends=$((${up%.*}${up#*.} + patience * 100))
mkdir -p "$root/run"
work=$(mktemp -d "$root/run/ec2kit.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
printf '%s\n' "$authority" > "$work/ca.pem"
: > "$work/wgetrc"
find_tool || :
if [ "${1:-}" = again ]; then
    again
else
    at_boot
fi
