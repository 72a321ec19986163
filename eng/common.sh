# shellcheck shell=bash
# What ./run, ./test and ./bench share. Sourced, from the root of the repository.

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1

say() { printf '%s\n' "$*"; }

fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

require_dotnet() {
  command -v dotnet >/dev/null ||
    fail 'The .NET SDK 10 is missing. Install it from https://dotnet.microsoft.com/download and make sure that dotnet is on the PATH.'
  dotnet --version >/dev/null 2>&1 ||
    fail "No installed .NET SDK fits global.json. Install the .NET SDK 10 from https://dotnet.microsoft.com/download. Installed: $(dotnet --list-sdks | tr '\n' ' ')"
}

# The Python that has what the bridge needs: a virtual environment, the system's, or whichever comes first.
# Usage: python_with MODULE...
python_with() {
  local modules candidate
  modules=$(IFS=,; printf '%s' "$*")
  for candidate in CalendarSync.CoziBridge/.venv/bin/python3 /usr/bin/python3 python3; do
    if "$candidate" -c "import $modules" 2>/dev/null; then
      printf '%s' "$candidate"
      return 0
    fi
  done
  return 1
}

has_postgres() { compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || compgen -G '/opt/homebrew/opt/postgresql@*/bin/initdb' >/dev/null || command -v initdb >/dev/null; }

# Installs Debian packages as root, and otherwise says what to install.
# Usage: require_packages PACKAGE... (those known below; a package whose thing is there already is left alone)
require_packages() {
  local package missing=()
  for package in "$@"; do
    case $package in
      postgresql) has_postgres ;;
      redis-server | radicale | xandikos | pgbouncer | vdirsyncer | chromium) command -v "$package" >/dev/null ;;
      python3-fastapi) python_with fastapi >/dev/null ;;
      python3-uvicorn) python_with uvicorn >/dev/null ;;
      python3-httpx) python_with httpx >/dev/null ;;
      python3-pytest) python_with pytest >/dev/null ;;
      black | mypy) python_with "$package" >/dev/null ;;
      *) fail "No check is known for the package $package." ;;
    esac || missing+=("$package")
  done
  ((${#missing[@]} > 0)) || return 0

  if [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
    say "Installing ${missing[*]} ..."
    # Run level 1: the packages' own services stay down, because we start servers of our own.
    { apt-get update -qq && RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >/dev/null ||
      fail "Could not install ${missing[*]}."
  elif command -v apt-get >/dev/null; then
    fail "These packages are missing: ${missing[*]}. Install them with: sudo apt-get install ${missing[*]}"
  else
    fail "These programs are missing (names of Debian's packages): ${missing[*]}. Install them with your system's package manager."
  fi
}

has_container_engine() {
  # Asked, not looked for: a client without an engine is common.
  { command -v docker >/dev/null && docker info >/dev/null 2>&1; } || { command -v podman >/dev/null && podman info >/dev/null 2>&1; }
}

# Sets runtime to aspire or local, and CALENDARSYNC_RUNTIME for the builds that follow.
choose_runtime() {
  case ${CALENDARSYNC_RUNTIME:-auto} in
    aspire | local)
      runtime=$CALENDARSYNC_RUNTIME
      return
      ;;
    auto) ;;
    *) fail "CALENDARSYNC_RUNTIME is auto, aspire or local, not '$CALENDARSYNC_RUNTIME'." ;;
  esac

  if [[ ! -e .runtime-local && ! -e .runtime-aspire ]]; then
    say 'Asking once whether Aspire restores here ...'
    dotnet msbuild CalendarSync.AppHost/AspireProbe.targets -t:ProbeAspire -v:minimal -nologo
  fi

  if [[ -e .runtime-local ]]; then
    runtime=local
  elif has_container_engine; then
    runtime=aspire
  else
    say 'No container engine answers: using the local runtime.'
    runtime=local
  fi
  export CALENDARSYNC_RUNTIME=$runtime
}
