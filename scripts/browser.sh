# For scripts that need a browser: sourced, not run.

# Chromium, from Debian's packages where it is missing and this may install it.
require_browser() {
    local name
    if [ -n "${MINUTEBOOK_BROWSER:-}" ]; then return 0; fi
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        if command -v "$name" >/dev/null; then return 0; fi
    done
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
        echo "The console's tests need Chromium, and none is on the PATH. Debian and Ubuntu: apt-get install chromium; or set MINUTEBOOK_BROWSER to the program."
        return 1
    fi
    apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends chromium
}
