# What is where, put there, and started: the first part of each host's `install`.
set -euf
umask 022
CDPATH='' cd "$(dirname "$0")"

key=/etc/wireguard/wg0.key
# What was installed here, as sha256sum(1) has it: other files are somebody else's.
list=/etc/motes/fleet.files
# What was changed, until those that it concerns have been told: a run may end anywhere.
pending=/etc/motes/fleet.pending

if [ $# != 0 ]; then
	cat <<-HELP
	usage: ./install
	Puts the files of $name into their places, makes the key that is missing, and starts, or tells, what they are of.
	Does nothing where all is as it should be.
	HELP
	[ "$1" = --help ] && exit
	exit 2
fi

say() { printf '%s\n' "$@"; }
refuse() {
	printf '%s\n' "$@" >&2
	exit 1
}

if [ -d /run/systemd/system ]; then
	manager=systemd
elif [ -e /run/openrc/softlevel ]; then
	manager=openrc
else
	manager=none
fi

# The files that belong on this host.
files() {
	case $manager in
	systemd) find etc -type f ! -path 'etc/init.d/*' ! -path 'etc/conf.d/*' ;;
	openrc) find etc -type f ! -path 'etc/systemd/*' ;;
	none) find etc -type f ;;
	esac | LC_ALL=C sort
}

line() { printf '%s  %s\n' "$(sha256sum <"$1" | cut -c 1-64)" "${1#/}"; }
ours() { line "/$1" | grep -qxFf - "$list" 2>/dev/null; }
# The motes.toml that the package brings, or a person wrote before fleet came.
was_there() {
	[ "$1" = etc/motes/motes.toml ] || return 1
	if [ -e "/$1.before-fleet" ]; then cmp -s "/$1" "/$1.before-fleet"; else ! grep -qs "  $1\$" "$list"; fi
}
differs() { ! cmp -s "$1" "/$1"; }
changed() { grep -qs "^$1" "$pending"; }

mode() {
	case $1 in
	etc/wireguard/*) echo 600 ;;
	*htpasswd) echo 640 ;;
	etc/init.d/*) echo 755 ;;
	*) echo 644 ;;
	esac
}

put() {
	printf '%s\n' "$1" >>"$pending"
	mkdir -p "/${1%/*}"
	cp "$1" "/$1.fleet-new"
	chmod "$(mode "$1")" "/$1.fleet-new"
	mv -f "/$1.fleet-new" "/$1"
	say "installed /$1"
}

# Everything that would be in the way, before anything is done.
look() {
	[ "$(id -u)" = 0 ] || refuse "this changes $name, and so is for root"
	wanted=
	[ ! -e etc/motes/motes.toml ] || wanted="$wanted motesd"
	[ ! -e etc/wireguard/wg0.conf ] || wanted="$wanted wg wg-quick nft"
	[ ! -e etc/motes/tunnel.conf ] || wanted="$wanted ssh ssh-keygen"
	[ ! -e etc/ssh/motes-tunnel.made.keys ] || wanted="$wanted sshd"
	[ ! -e etc/nginx ] || wanted="$wanted nginx openssl"
	[ -z "${asked:-}" ] || wanted="$wanted openssl"
	[ ! -e etc/motes/vmagent.env ] || wanted="$wanted vmagent openssl"
	[ ! -e etc/motes/vmauth.yml ] || wanted="$wanted vmauth"
	missing=
	for program in $wanted; do command -v "$program" >/dev/null || missing="$missing $program"; done
	[ -z "$missing" ] || refuse "these programs are missing:$missing" \
		"(on Debian they are in wireguard-tools, nftables, openssh-client, openssh-server, nginx-light, openssl," \
		"victoria-metrics, motesd)"
	[ ! -e etc/nginx/conf.d/motes.conf ] || grep -q ^_motes: /etc/group ||
		refuse "there is no group _motes, which motes-core makes: is motesd from a package?"
	[ ! -e etc/motes/motes.toml ] || motesd --config.check --config.file=etc/motes/motes.toml >/dev/null ||
		refuse "nothing was changed"
	foreign=
	for file in $(files); do
		[ ! -e "/$file" ] || ! differs "$file" || ours "$file" || was_there "$file" || foreign="$foreign /$file"
	done
	[ -z "$foreign" ] || refuse "not as motes fleet has written it, so move it away:$foreign"
}

# What belongs to it stops first, while it can still be read.
remove() {
	if ! ours "$1"; then
		say "left as it is, for it was changed here: /$1"
		return
	fi
	case $1 in
	etc/wireguard/wg0.conf) stop wg-quick@wg0 - ;;
	etc/nftables.d/motes.nft) nft delete table inet motes 2>/dev/null || true ;;
	etc/systemd/system/motes-*.service) stop "$(basename "$1" .service)" - ;;
	etc/init.d/motes-*) stop - "${1##*/}" ;;
	esac
	printf '%s\n' "$1" >>"$pending"
	rm "/$1"
	say "removed /$1"
}

install_files() {
	mkdir -p "${list%/*}"
	[ -e "$list" ] || : >"$list"
	for file in $(files); do line "$file"; done >"$list.new"
	gone=$(cut -c 67- "$list" | grep -vxF "$(files)" || true)
	for file in $gone; do
		rm -f "/$file.fleet-new"
		[ ! -e "/$file" ] || remove "$file"
	done
	for file in $(files); do
		differs "$file" || continue
		[ "$file" != etc/motes/motes.toml ] || [ ! -e "/$file" ] || ours "$file" || keep "$file"
		# Both, for what is there is ours before and after.
		line "$file" >>"$list"
		put "$file"
	done
	mv "$list.new" "$list"
}

keep() {
	cp -p "/$1" "/$1.before-fleet"
	say "kept what was there as /$1.before-fleet"
}

# The names of a service, for systemd and for OpenRC; - where there is none.
start() {
	case $manager:$1 in
	systemd:*) systemctl --quiet enable "$1" && systemctl restart "$1" ;;
	openrc:*) rc-update -q add "$2" default && rc-service "$2" restart ;;
	none:wg-quick@wg0) wg-quick down wg0 && wg-quick up wg0 ;;
	none:*) alone start "$1" ;;
	esac
}

stop() {
	case $manager:$1:$2 in
	systemd:-:* | none:-:* | openrc:*:-) ;;
	systemd:*) systemctl --quiet disable --now "$1" ;;
	openrc:*) rc-service --ifstarted "$2" stop && { ! [ -e "/etc/runlevels/default/$2" ] || rc-update -q del "$2" default; } ;;
	none:wg-quick@wg0:*) ! runs "$1" || wg-quick down wg0 ;;
	none:*) alone stop "$1" ;;
	esac
}

reload() {
	case $manager:$1 in
	systemd:*) systemctl reload "$1" ;;
	openrc:*) rc-service "$2" reload ;;
	none:wg-quick@wg0) { printf '[Interface]\nPrivateKey = ' && cat "$key" && wg-quick strip wg0; } | wg syncconf wg0 /dev/stdin ;;
	none:*) alone reload "$1" ;;
	esac
}

runs() {
	case $manager:$1 in
	# One that is about to be started again runs.
	systemd:*) systemctl is-active "$1" | grep -qx 'active\|activating\|reloading' ;;
	openrc:*) rc-service --quiet "$2" status ;;
	none:wg-quick@wg0) ip link show dev wg0 ;;
	none:*) false ;;
	esac >/dev/null 2>&1
}

# Runs, and will after the next boot.
stays() {
	runs "$@" && case $manager in
	systemd) systemctl --quiet is-enabled "$1" ;;
	openrc) [ -e "/etc/runlevels/default/$2" ] ;;
	esac
}

alone() { say "neither systemd nor OpenRC runs here: $2 is yours to $1"; }

