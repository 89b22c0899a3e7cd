# Sourced by packaging/start and tests/run: finds or installs Python, and makes the virtual environment .venv.
# Run from the top of the checkout.

say() { printf '%s\n' "$*" >&2; }

installable() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }

# Debian's packages, without starting the services that they bring.
install_packages() {
    say "installing from Debian: $*"
    policy=/usr/sbin/policy-rc.d
    if [ ! -e $policy ]; then
        trap 'rm -f /usr/sbin/policy-rc.d' EXIT
        printf '#!/bin/sh\nexit 101\n' >$policy
        chmod 755 $policy
    fi
    if ! { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "$@"; } >&2; then
        say "apt-get could not install: $*"
        exit 1
    fi
    if [ "$(trap)" ]; then
        rm -f $policy
        trap - EXIT
    fi
}

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

# Sets $python to one that is new enough and can make virtual environments.
find_python() {
    for python in python3 python3.14 python3.13 python3.12 python3.11; do
        if new_enough $python && $python -c 'import ensurepip, venv' 2>/dev/null; then return; fi
    done
    if ! installable; then
        say "motes needs Python 3.11 or newer with its venv module; on Debian: apt-get install python3 python3-venv"
        exit 1
    fi
    install_packages python3 python3-venv
    python=/usr/bin/python3
    if ! new_enough $python; then
        say "motes needs Python 3.11 or newer; this system's is $($python -V)"
        exit 1
    fi
}

# Installs the checkout, with the extras that are named ("[test]"), into .venv.
install_motes() {
    if [ ! -x .venv/bin/pip ]; then
        find_python
        $python -m venv --clear .venv
    fi
    .venv/bin/pip install --quiet --disable-pip-version-check --root-user-action=ignore ".${1:-}" >&2
}
