# For scripts that need a PostgreSQL server of their own: sourced, not run.

# The server's programs, from Debian's packages where they are missing and this may install them.
require_postgres() {
    if compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null; then return 0; fi
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
        echo "The tests run on PostgreSQL, too, and there is none here. Debian and Ubuntu: apt-get install postgresql."
        return 1
    fi
    apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends postgresql
}
