#!/bin/sh
# Installs a released `callsheet`: finds the newest release that fits, checks its archive against the checksums of
# the release, and prints the path of the binary as the last line on stdout. `sh install.sh --help` explains the rest.
set -eu

usage() {
    cat <<'END'
Usage: install.sh [--version SPEC] [--version-file FILE] [--to DIR] [--checksum SHA256]

  --version SPEC       0.1.0, ^0.1, ~0.1.2, 0.1, 0.1.x, ">=0.1.0 <0.3" or latest [default: latest]
  --version-file FILE  read SPEC from the first line of FILE, or from the line `callsheet SPEC` of a .tool-versions
  --to DIR             where to put the binary [default: ~/.local/bin; on a CI runner it stays in the tool cache]
  --checksum SHA256    what the archive must hash to, besides what the release says

Environment:
  CALLSHEET_REPOSITORY  the repository with the releases, as OWNER/NAME [default: GITHUB_ACTION_REPOSITORY]
  GITHUB_SERVER_URL     its server [default: https://github.com]
  GITHUB_API_URL        the server's API [default: derived from GITHUB_SERVER_URL]
  GITHUB_TOKEN          a token that may read the releases; sent to the API only
  RUNNER_TOOL_CACHE     where versions are cached [default: XDG_CACHE_HOME, or ~/.cache]

Exit codes: 0 installed, 1 failed, 4 no release fits (build from source instead), 64 invalid command line.
END
}

note() { printf '%s\n' "$*" >&2; }

# fail CODE PROBLEM NEXT-STEP
fail() {
    note "error: $2"
    note "help: $3"
    exit "$1"
}

# Whether a text consists only of the characters of a bracket expression.
consists_of() {
    case $2 in
        '' | *[!$1]*) return 1 ;;
    esac
}

# --- versions -------------------------------------------------------------------------------------------------

# The SPEC in a version file.
spec_of_file() {
    [ -f "$1" ] || fail 64 "there is no version file $1" "create it with a line such as 0.1.0, or pass --version"
    case ${1##*/} in
        .tool-versions) awk '{ sub(/#.*/, ""); sub(/\r$/, "") } $1 == "callsheet" { print $2; exit }' "$1" ;;
        *) awk '{ sub(/#.*/, ""); gsub(/^[ \t]+|[ \t\r]+$/, "") } $0 != "" { print; exit }' "$1" ;;
    esac
}

# `0.1.0` of `0.1.0`, `v0.1.0` and `=0.1.0`, with or without a pre-release; nothing of a range.
exact_of() {
    printf '%s\n' "$1" | awk '
        { sub(/^=[ ]*/, ""); sub(/^v/, "") }
        /^(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(-[0-9A-Za-z][0-9A-Za-z.-]*)?$/ { print }'
}

# The range of a SPEC as six numbers: the lowest version in it, and the lowest version above it.
range_of() {
    printf '%s\n' "$1" | awk '
        function refuse() { failed = 1; exit 64 }
        # The numbers of a version that may be partial, into part[]; missing ones are 0.
        function parse(text,    i, pieces) {
            sub(/^v/, "", text)
            count = split(text, pieces, ".")
            if (count < 1 || count > 3) refuse()
            given = 0
            for (i = 1; i <= 3; i++) part[i] = 0
            for (i = 1; i <= count; i++) {
                if (pieces[i] == "x" || pieces[i] == "X" || pieces[i] == "*") continue
                # A number after a wildcard.
                if (given != i - 1) refuse()
                if (pieces[i] !~ /^(0|[1-9][0-9]*)$/ || length(pieces[i]) > 9) refuse()
                part[i] = pieces[i] + 0
                given = i
            }
        }
        function less(a1, a2, a3, b1, b2, b3) {
            return a1 != b1 ? a1 < b1 : a2 != b2 ? a2 < b2 : a3 < b3
        }
        function at_least(a, b, c) {
            if (less(low[1], low[2], low[3], a, b, c)) { low[1] = a; low[2] = b; low[3] = c }
        }
        function below(a, b, c) {
            if (less(a, b, c, high[1], high[2], high[3])) { high[1] = a; high[2] = b; high[3] = c }
        }
        # The lowest version above all that begin with the first `place` numbers.
        function below_next(place) {
            if (place == 1) below(part[1] + 1, 0, 0)
            if (place == 2) below(part[1], part[2] + 1, 0)
            if (place == 3) below(part[1], part[2], part[3] + 1)
        }
        function at_least_next(place) {
            if (place == 0) at_least(high[1], 0, 0)
            if (place == 1) at_least(part[1] + 1, 0, 0)
            if (place == 2) at_least(part[1], part[2] + 1, 0)
            if (place == 3) at_least(part[1], part[2], part[3] + 1)
        }
        {
            high[1] = 2000000000
            high[2] = high[3] = low[1] = low[2] = low[3] = 0
            if ($0 == "latest") $0 = "*"
            gsub(/,/, " ")
            # The operators stand by themselves: `>= 0.1` is `>=0.1`.
            while (match($0, /[<>=^~][ \t]+/)) $0 = substr($0, 1, RSTART) substr($0, RSTART + RLENGTH)
            if (NF == 0) refuse()
            for (word = 1; word <= NF; word++) {
                text = $word
                operator = ""
                if (match(text, /^(>=|<=|[<>=^~])/)) {
                    operator = substr(text, 1, RLENGTH)
                    text = substr(text, RLENGTH + 1)
                }
                parse(text)
                if (operator == "<") {
                    below(part[1], part[2], part[3])
                } else if (operator == "<=") {
                    below_next(given)
                } else if (operator == ">") {
                    at_least_next(given)
                } else {
                    at_least(part[1], part[2], part[3])
                    if (operator == "" || operator == "=") below_next(given)
                    if (operator == "~") below_next(given > 2 ? 2 : given)
                    if (operator == "^") {
                        # Up to the first number that is not 0, or the last one given.
                        place = 1
                        while (place < given && part[place] == 0) place++
                        below_next(given == 0 ? 0 : place)
                    }
                }
            }
        }
        END { if (!failed) print low[1], low[2], low[3], high[1], high[2], high[3] }'
}

# The releases in the API's answer: lines `release TAG IS-PRERELEASE` and `asset TAG ID NAME`, and a last one `count N`.
# Whatever doesn't look like one of ours, such as a tag with a space or a slash, is left out.
read_releases() {
    # A record ends at each quotation mark, so that every other record is (a part of) a string.
    awk -v RS='"' '
        function value(text) {
            if (depth == 2) {
                if (key[2] == "tag_name") tag = text
                if (key[2] == "draft") is_draft = text
                if (key[2] == "prerelease") is_prerelease = text
            }
            if (depth == 4 && key[2] == "assets") {
                if (key[4] == "id") id = text
                if (key[4] == "name") name = text
            }
        }
        function literal_ends() {
            gsub(/[ \t\r\n]/, "", literal)
            if (literal != "") value(literal)
            literal = ""
        }
        function object_ends(    i) {
            if (depth == 4 && key[2] == "assets") {
                if (id ~ /^[0-9]+$/ && name ~ /^[A-Za-z0-9._-]+$/) assets[++asset_count] = id " " name
                id = name = ""
            }
            if (depth == 2) {
                count++
                if (is_draft == "false" && length(tag) < 100 &&
                    tag ~ /^v(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(-[0-9A-Za-z][0-9A-Za-z.-]*)?$/) {
                    print "release", tag, is_prerelease
                    for (i = 1; i <= asset_count; i++) print "asset", tag, assets[i]
                }
                tag = is_draft = is_prerelease = ""
                asset_count = 0
            }
        }
        is_string {
            text = text $0
            # An odd number of backslashes: this quotation mark is escaped.
            if (match($0, /\\+$/) && RLENGTH % 2) { text = text "\""; next }
            is_string = 0
            if (is_key) key[depth] = text; else value(text)
            next
        }
        {
            for (i = 1; i <= length($0); i++) {
                c = substr($0, i, 1)
                if (c == "{" || c == "[") {
                    depth++
                    kind[depth] = c
                    key[depth] = ""
                    is_key = c == "{"
                } else if (c == "}" || c == "]") {
                    literal_ends()
                    if (c == "}") object_ends()
                    depth--
                    is_key = 0
                } else if (c == ":") {
                    is_key = 0
                } else if (c == ",") {
                    literal_ends()
                    is_key = kind[depth] == "{"
                } else {
                    literal = literal c
                }
            }
            is_string = 1
            text = ""
        }
        END { print "count", count + 0 }'
}

# The newest release in a range, from lines of `read_releases`.
newest_in() {
    awk -v a="$1" -v b="$2" -v c="$3" -v d="$4" -v e="$5" -v f="$6" '
        function less(a1, a2, a3, b1, b2, b3) {
            return a1 != b1 ? a1 < b1 : a2 != b2 ? a2 < b2 : a3 < b3
        }
        $1 == "release" && $3 == "false" && $2 !~ /-/ {
            split(substr($2, 2), v, ".")
            if (length(v[1]) > 9 || length(v[2]) > 9 || length(v[3]) > 9) next
            x = v[1] + 0; y = v[2] + 0; z = v[3] + 0
            if (less(x, y, z, a, b, c) || !less(x, y, z, d, e, f)) next
            if (found == "" || less(m, n, o, x, y, z)) { m = x; n = y; o = z; found = substr($2, 2) }
        }
        END { if (found != "") print found }'
}

# --- the network ------------------------------------------------------------------------------------------------

# Only HTTPS, except on this machine.
check_url() {
    case $1 in
        https://*) protocols='=https' ;;
        http://127.0.0.1:* | http://localhost:*) protocols='=http,https' ;;
        *) fail 64 "$2 is not an https:// address" "set $2 to the server's address" ;;
    esac
    case $1 in
        *[!A-Za-z0-9.:/_~%-]*) fail 64 "$2 is not a plain address" "set $2 to the server's address" ;;
    esac
}

# request FILE URL [CURL-OPTION…]: downloads a body and prints `STATUS REDIRECT`. What curl is told on stdin is configuration.
request() {
    file=$1 url=$2
    shift 2
    curl --silent --show-error --proto "$protocols" --proto-redir "$protocols" --connect-timeout 20 --max-time 600 \
        --retry 3 --user-agent callsheet-install --output "$file" \
        --write-out '%{http_code} %{redirect_url}' "$@" --config - "$url" ||
        fail 1 "$url can't be read" "check the network and the proxy; an exact version that is cached needs neither"
}

# As a configuration of curl, so that the token is not in the list of processes.
token_header() {
    if [ -n "${GITHUB_TOKEN:-}" ]; then
        printf 'header = "Authorization: Bearer %s"\n' "$GITHUB_TOKEN"
    fi
}

# ask_api FILE PATH ACCEPT: sets `answer` to `STATUS REDIRECT`. A redirect is followed within the API only, as of a renamed
# repository, so that the token goes nowhere else.
ask_api() {
    next=$api/repos/$repository/$2 hops=0
    while :; do
        answer=$(token_header | request "$1" "$next" --header "Accept: $3") || exit 1
        next=${answer#* } hops=$((hops + 1))
        case $answer in
            3*" $api/"*) [ "$hops" -lt 5 ] || break ;;
            *) break ;;
        esac
    done
    case ${answer%% *} in
        2?? | 3?? | 404) ;;
        401) fail 1 "$api refuses the token (401)" "check GITHUB_TOKEN, or unset it for a public repository" ;;
        403 | 429) fail 1 "$api refuses the request (${answer%% *}), perhaps because of its rate limit" \
            "set GITHUB_TOKEN to a token that may read $repository, or try again later" ;;
        *) fail 1 "$api answers with ${answer%% *}" "try again later" ;;
    esac
}

# download NAME: a file of the release, into the temporary directory.
download() {
    id=$(awk -v tag="v$version" -v name="$1" '$1 == "asset" && $2 == tag && $4 == name { print $3; exit }' "$work/releases")
    [ -n "$id" ] ||
        fail 4 "release v$version of $repository has no $1" "choose another version, or build from source"
    if [ -n "${GITHUB_TOKEN:-}" ]; then
        # A private repository gives its files to the API only.
        ask_api "$work/$1" "releases/assets/$id" application/octet-stream
        case $answer in
            3*) answer=$(request "$work/$1" "${answer#* }" --location </dev/null) || exit 1 ;;
        esac
    else
        answer=$(request "$work/$1" "$server/$repository/releases/download/v$version/$1" --location </dev/null) || exit 1
    fi
    case $answer in
        2*) ;;
        *) fail 1 "$1 of release v$version can't be downloaded: status ${answer%% *}" "try again later" ;;
    esac
}

# All releases, into a file.
list_releases() {
    page=1
    : >"$work/releases"
    while [ "$page" -le 10 ]; do
        ask_api "$work/page" "releases?per_page=100&page=$page" application/vnd.github+json
        case $answer in
            2*) ;;
            "404 "*) fail 4 "$repository has no releases on $server, or they are not visible" \
                "check CALLSHEET_REPOSITORY; a private repository needs GITHUB_TOKEN" ;;
            *) fail 1 "$api answers with ${answer%% *}" "check GITHUB_API_URL" ;;
        esac
        read_releases <"$work/page" >"$work/read"
        grep -v '^count ' "$work/read" >>"$work/releases" || true
        [ "$(sed -n 's/^count //p' "$work/read")" = 100 ] || break
        page=$((page + 1))
    done
}

# --- the archive --------------------------------------------------------------------------------------------------

detect_target() {
    system=$(uname -s) machine=$(uname -m)
    case $machine in
        x86_64 | amd64) machine=x86_64 ;;
        aarch64 | arm64) machine=aarch64 ;;
    esac
    extension=tar.gz program=callsheet
    case $machine-$system in
        x86_64-Linux | aarch64-Linux) target=$machine-unknown-linux-musl ;;
        x86_64-Darwin | aarch64-Darwin) target=$machine-apple-darwin ;;
        x86_64-MINGW* | x86_64-MSYS* | x86_64-CYGWIN*)
            target=x86_64-pc-windows-msvc extension=zip program=callsheet.exe
            ;;
        *) fail 4 "there are no releases for $system on $machine" "build from source" ;;
    esac
}

sha256_of() {
    if command -v sha256sum >/dev/null; then
        sha256sum "$1"
    elif command -v shasum >/dev/null; then
        shasum -a 256 "$1"
    else
        openssl dgst -sha256 -r "$1"
    fi | awk '{ print $1 }'
}

# The archive's checksum must be the release's, and the pinned one.
verify() {
    listed=$(awk -v name="$archive" '{ sub(/\r$/, "") } length($1) == 64 && $1 ~ /^[0-9a-fA-F]+$/ && ($2 == name || $2 == "*" name) { print tolower($1) }' "$work/SHA256SUMS")
    actual=$(sha256_of "$work/$archive")
    [ -n "$listed" ] || fail 1 "SHA256SUMS of release v$version doesn't list $archive" "choose another version"
    [ "$actual" = "$listed" ] ||
        fail 1 "the checksum of $archive is $actual, and SHA256SUMS says $listed: nothing was installed" \
            "try again; if it stays so, the file or the release was tampered with"
    [ -z "$checksum" ] || [ "$actual" = "$checksum" ] ||
        fail 1 "the checksum of $archive is $actual, and --checksum says $checksum: nothing was installed" \
            "correct --checksum, if you trust the release"
}

# Writes the program of the archive to a file. Only its bytes are extracted, so no name in the archive becomes a path.
unpack() {
    case $extension in
        zip) unzip -Z1 "$work/$archive" >"$work/names" ;;
        *) tar -tzf "$work/$archive" >"$work/names" 2>"$work/messages" ;;
    esac || fail 1 "$archive is damaged: nothing was installed" "choose another version"
    if grep -q -e '^/' -e '^\.\./' -e '/\.\./' -e '/\.\.$' -e '^\.\.$' "$work/names"; then
        fail 1 "$archive contains a path that leads out of it: nothing was installed" "choose another version"
    fi
    member=${archive%."$extension"}/$program
    grep -qxF "$member" "$work/names" || fail 1 "$archive contains no $member" "choose another version"
    case $extension in
        zip) unzip -p "$work/$archive" "$member" >"$1" ;;
        *) tar -xzOf "$work/$archive" "$member" >"$1" ;;
    esac || fail 1 "$archive is damaged: nothing was installed" "choose another version"
    chmod 755 "$1"
    said=$("$1" -V 2>"$work/messages") || said="nothing"
    [ "$said" = "callsheet $version" ] ||
        fail 1 "the program of $archive doesn't run here, or is another version: \`callsheet -V\` says $said" \
            "choose another version, or build from source"
}

# --- all of it ------------------------------------------------------------------------------------------------------

# Removes whatever is unfinished.
clean_up() {
    [ -z "${work:-}" ] || rm -rf "$work"
    [ -z "${unfinished:-}" ] || rm -f "$unfinished"
}

main() {
    # In each locale the same letters and messages.
    LC_ALL=C
    export LC_ALL
    spec='' version_file='' to='' checksum=''
    while [ $# -gt 0 ]; do
        option=$1
        case $option in
            -h | --help)
                usage
                exit 0
                ;;
            --version | --version-file | --to | --checksum) ;;
            *) fail 64 "unknown argument $option" "install.sh --help lists the arguments" ;;
        esac
        [ $# -ge 2 ] || fail 64 "$option needs a value" "install.sh --help explains it"
        case $option in
            --version) spec=$2 ;;
            --version-file) version_file=$2 ;;
            --to) to=$2 ;;
            --checksum) checksum=$(printf '%s' "$2" | tr 'A-F' 'a-f') ;;
        esac
        shift 2
    done

    if [ -n "$version_file" ]; then
        [ -z "$spec" ] || fail 64 "--version and --version-file exclude each other" "pass one of them"
        spec=$(spec_of_file "$version_file") || exit
        [ -n "$spec" ] || fail 64 "$version_file names no version" "write a line such as 0.1.0, or \`callsheet 0.1.0\` in .tool-versions"
    fi
    spec=${spec:-latest}
    range='' version=''
    if consists_of '0-9A-Za-z.^~<>=*, -' "$spec"; then
        version=$(exact_of "$spec")
        [ -n "$version" ] || range=$(range_of "$spec") || range=''
    fi
    [ -n "$version$range" ] ||
        fail 64 "the version is neither a version nor a range" "write 0.1.0, ^0.1, ~0.1.2, 0.1, 0.1.x, \">=0.1.0 <0.3\" or latest"
    if [ -n "$checksum" ]; then
        consists_of '0-9a-f' "$checksum" && [ ${#checksum} = 64 ] ||
            fail 64 "--checksum is not a SHA-256" "write 64 hexadecimal digits, as in SHA256SUMS"
    fi
    consists_of 'A-Za-z0-9._-' "${GITHUB_TOKEN:-none}" ||
        fail 64 "GITHUB_TOKEN is not a token" "correct or unset it"

    server=${GITHUB_SERVER_URL:-https://github.com}
    server=${server%/}
    case $server in
        https://github.com) api=https://api.github.com ;;
        *) api=$server/api/v3 ;;
    esac
    api=${GITHUB_API_URL:-$api}
    api=${api%/}
    check_url "$server" GITHUB_SERVER_URL
    check_url "$api" GITHUB_API_URL
    repository=${CALLSHEET_REPOSITORY:-${GITHUB_ACTION_REPOSITORY:-}}
    [ -n "$repository" ] ||
        fail 4 "it isn't known which repository has the releases" "set CALLSHEET_REPOSITORY=OWNER/NAME, or build from source"
    owner=${repository%%/*} name=${repository#*/}
    for part in "$owner" "$name"; do
        consists_of 'A-Za-z0-9._-' "$part" && [ "$part" != . ] && [ "$part" != .. ] && [ "$repository" = "$owner/$name" ] ||
            fail 64 "the repository is not of the form OWNER/NAME" "correct CALLSHEET_REPOSITORY"
    done
    detect_target

    umask 022
    trap clean_up EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
    unfinished=''
    work=$(mktemp -d)
    host=$(printf '%s' "${server#*://}" | tr ':/' '__')
    cache=${RUNNER_TOOL_CACHE:-${XDG_CACHE_HOME:-${HOME:?}/.cache}}/callsheet/$host/$owner/$name

    if [ -z "$version" ] || ! is_cached; then
        command -v curl >/dev/null || fail 1 "curl is not installed" "install curl"
        list_releases
        find_version
    fi
    if is_cached; then
        note "callsheet $version is in the cache"
    else
        archive=callsheet-$version-$target.$extension
        note "downloading $archive"
        download SHA256SUMS
        download "$archive"
        verify
        store
    fi
    place
}

# The version of the newest release that fits the SPEC.
find_version() {
    if [ -n "$version" ]; then
        awk -v tag="v$version" '$1 == "release" && $2 == tag { found = 1 } END { exit !found }' "$work/releases" || version=''
    else
        # shellcheck disable=SC2086 # six numbers
        version=$(newest_in $range <"$work/releases")
    fi
    [ -n "$version" ] || fail 4 "no release of $repository fits $spec" \
        "choose one of $server/$repository/releases, or build from source"
}

# Whether the version is cached, and is the pinned one.
is_cached() {
    cached=$cache/$version/$target/$program
    [ -x "$cached" ] && { [ -z "$checksum" ] || [ "$(cat "$cached.archive-sha256" 2>/dev/null)" = "$checksum" ]; }
}

# Puts the program into the cache. It comes last and by a rename: what is there is whole.
store() {
    mkdir -p "${cached%/*}"
    unfinished=$(mktemp "${cached%/*}/.unfinished-XXXXXX")
    unpack "$unfinished"
    printf '%s\n' "$actual" >"$work/checksum"
    cp "$work/checksum" "$cached.archive-sha256"
    mv -f "$unfinished" "$cached"
    unfinished=''
}

# Puts the program where it is wanted, and prints its path.
place() {
    if [ -z "$to" ]; then
        if [ -n "${RUNNER_TOOL_CACHE:-}" ]; then
            printf '%s\n' "$cached"
            return
        fi
        to=${XDG_BIN_HOME:-${HOME:?}/.local/bin}
    fi
    mkdir -p "$to"
    to=$(CDPATH='' cd -- "$to" && pwd)
    unfinished=$(mktemp "$to/.callsheet-XXXXXX")
    cp "$cached" "$unfinished"
    chmod 755 "$unfinished"
    mv -f "$unfinished" "$to/$program"
    unfinished=''
    case ":$PATH:" in
        *":$to:"*) ;;
        *) note "help: $to is not on the PATH; add it there" ;;
    esac
    printf '%s\n' "$to/$program"
}

# The last line, so that half of this file, as of a broken download, does nothing.
main "$@"
