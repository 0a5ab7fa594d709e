#!/usr/bin/env bash
# Lighthouse on the console's pages, with the demo's month of three million events behind them: performance and accessibility have to be
# 95 at least. Takes minutes, and means something only on a machine that has nothing else to do; each line says how busy it was.
#   scripts/lighthouse.sh [RUNS]            each page so often (3); the middle counts
#   scripts/lighthouse.sh RUNS URL KEY      pages of a server that runs, with a demo's account
set -euo pipefail
root=$(dirname "$(dirname "$(readlink -f "$0")")")
. "$root/scripts/browser.sh"
require_browser

package="$root/artifacts/npm/lighthouse"
mkdir -p "$package"
cp "$root"/tests/Lighthouse/* "$package/"
(cd "$package" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
if [ -z "${MINUTEBOOK_BROWSER:-}" ]; then
    MINUTEBOOK_BROWSER=$(command -v chromium || command -v chromium-browser || command -v google-chrome || command -v google-chrome-stable)
    export MINUTEBOOK_BROWSER
fi

address=${2:-}
key=${3:-}
if [ -z "$address" ]; then
    data=$(mktemp -d)
    server=
    trap 'if [ -n "$server" ]; then kill "$server"; wait "$server" || true; fi; rm -rf "$data"' EXIT
    now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
    "$root/minutebook" demo --data "$data/demo" --port 0 --now "$now" --exit
    "$root/minutebook" serve --data "$data/demo" --sandbox --now "$now" --listen http://127.0.0.1:0 >"$data/log" &
    server=$!
    until grep -q 'is ready at' "$data/log"; do
        kill -0 "$server"
        sleep 0.2
    done
    address=$(grep -o 'http://[^ ]*' "$data/log")
    key=$(cat "$data/demo/admin.key")
fi
node "$package/measure.mjs" "$address" "$key" "${1:-3}"
