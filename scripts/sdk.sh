# Finds the .NET SDK; to be sourced by the scripts beside this directory, which set $root.
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_UI_LANGUAGE=en
# A build node that stays behind keeps the pipe of './test | tail' open.
export MSBUILDDISABLENODEREUSE=1

if ! command -v dotnet >/dev/null && [ -x "${DOTNET_ROOT:-$HOME/.dotnet}/dotnet" ]; then
    PATH="${DOTNET_ROOT:-$HOME/.dotnet}:$PATH"
fi
if ! command -v dotnet >/dev/null; then
    cat >&2 <<'MESSAGE'
Minutebook needs the .NET 10 SDK, and 'dotnet' is not on the PATH.
  https://dotnet.microsoft.com/download/dotnet/10.0 has it for every system; without root, on any Linux:
  curl -sSL https://dot.net/v1/dotnet-install.sh | bash -s -- --channel 10.0
MESSAGE
    exit 1
fi

require_sdk() {
    # global.json decides; run where it lies.
    if ! (cd "$root" && dotnet --version) >/dev/null 2>&1; then
        echo "Minutebook needs the .NET 10 SDK; 'dotnet' on the PATH has only these:" >&2
        (cd / && dotnet --list-sdks) >&2
        echo "Get it at https://dotnet.microsoft.com/download/dotnet/10.0" >&2
        exit 1
    fi
}
