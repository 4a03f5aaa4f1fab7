#!/bin/bash
# Installs what Debian packages lack: `dev/packages.sh run` for `make run`, `dev/packages.sh test` for `make test`, too.
# As root it installs; as another user it says what to install. Only programs are wanted: no service starts, no cluster is made.
set -eu -o pipefail
wanted=(libfcgi-dev libpq-dev zlib1g-dev libarchive-dev libcurl4-openssl-dev libcmark-gfm-dev libcmark-gfm-extensions-dev postgresql-15 nginx fcgiwrap git python3-venv)
# isolationtester (Tests/Isolation) comes with postgresql-client-15. Chromium looks at the pages (Tests/Clients/test_browser.py),
# gcc compiles what the benches need, node runs the pages' script, strace kills at chosen system calls (kill_support.py).
[ "${1:-}" != test ] || wanted+=(chromium strace gcc libc6-dev nodejs)

missing=()
for package in "${wanted[@]}"; do
    # Any nginx of Debian's will do; they share one program.
    [ "$package" != nginx ] || ! command -v nginx >/dev/null || continue
    [ "$package" != nodejs ] || ! command -v node >/dev/null || continue
    dpkg-query --show --showformat '${db:Status-Status}\n' "$package" 2>/dev/null | grep --quiet '^installed$' ||
        missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0
if [ "$(id -u)" != 0 ]; then
    echo "missing packages; install them with: sudo apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 1
fi

echo "installing ${missing[*]}"
mkdir -p /etc/postgresql-common
[ -e /etc/postgresql-common/createcluster.conf ] ||
    echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
# An installed nginx would start and take port 80.
if [ ! -e /usr/sbin/policy-rc.d ]; then
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
    chmod 0755 /usr/sbin/policy-rc.d
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
fi
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
