# What each road wants besides its files.

# Who holds a tunnel, or is let in with one, and may do nothing else.
tunnel_user() {
	id motes-tunnel >/dev/null 2>&1 && return
	if command -v useradd >/dev/null; then
		useradd --system --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin motes-tunnel
	else
		addgroup -S motes-tunnel
		adduser -S -D -H -h /nonexistent -s /sbin/nologin -G motes-tunnel motes-tunnel
		# sshd without PAM takes a user without a password for locked.
		sed -i 's/^motes-tunnel:!/motes-tunnel:*/' /etc/shadow
	fi
	say "made the user motes-tunnel"
}

ssh_tunnel() {
	tunnel_user
	if [ ! -s /etc/motes/tunnel.key ]; then
		(umask 077 && ssh-keygen -q -t ed25519 -N '' -C "$name" -f /etc/motes/tunnel.key)
		say "made a private key, which stays here: /etc/motes/tunnel.key"
	fi
	chgrp motes-tunnel /etc/motes/tunnel.key
	chmod 640 /etc/motes/tunnel.key
	publish tunnel-key "$(cut -d ' ' -f 1,2 /etc/motes/tunnel.key.pub)" "$tunnel_key"
	if [ ! -e /etc/motes/tunnel.known_hosts ]; then
		say "the tunnel waits for the monitor's ssh-key"
	elif changed etc/motes/tunnel || changed 'etc/.*/motes-tunnel' || ! stays motes-tunnel motes-tunnel; then
		start motes-tunnel motes-tunnel
	fi
}

# Where hosts' tunnels end. Those that are open outlive their keys.
tunnels() {
	keys=/etc/ssh/motes-tunnel.made.keys
	if [ -e "$keys" ]; then
		tunnel_user
		publish ssh-key "$(cut -d ' ' -f 1,2 /etc/ssh/ssh_host_ed25519_key.pub)" "$ssh_key"
	else
		keys=/dev/null
	fi
	if changed etc/ssh/sshd_config; then
		sshd -t
		for service in ssh sshd; do ! runs $service $service || reload $service $service; done
	fi
	if [ -n "$permitted" ] && printf '%s\n' "$permitted" | grep -qvxFf "$keys"; then
		pkill -u motes-tunnel || true
		say "ended all SSH tunnels, for one may not be any more; the others come back"
	fi
}

web() {
	changed etc/nginx/ || return 0
	# Alpine's reads another folder.
	if [ -d /etc/nginx/http.d ]; then
		for file in $(find etc/nginx/conf.d -type f); do ln -sf "/$file" /etc/nginx/http.d/; done
	fi
	nginx -t -q
	! runs nginx nginx || reload nginx nginx
}

# A certificate of its own, for $address; FILE without .key and .pem.
certify() {
	if [ ! -s "$1.key" ]; then
		case $address in
		*:*) alternative=IP:$address ;;
		*[!0-9.]*) alternative=DNS:$address ;;
		*) alternative=IP:$address ;;
		esac
		mkdir -p "${1%/*}"
		(umask 077 && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 \
			-subj "/CN=$address" -addext "subjectAltName=$alternative" -addext basicConstraints=critical,CA:FALSE \
			-keyout "$1.key.new" -out "$1.pem" 2>/dev/null && mv "$1.key.new" "$1.key")
		chmod 644 "$1.pem"
		say "made a certificate, whose key stays here: $1.key"
	fi
	[ "$(cat "$1.pem")" != "$certificate" ] || return 0
	[ -z "$certificate" ] || say "the inventory has ANOTHER certificate for $name, so nobody gets through"
	tell "$table" "certificate = \"\"\"
$(cat "$1.pem")
\"\"\""
}

# Made where it is used; others have its hash. FILE, GROUP, and the name that is among those in $hashed.
password() {
	known=" $hashed "
	if [ ! -s "$1" ]; then
		(umask 077 && openssl rand -hex 24 >"$1.new" && mv "$1.new" "$1")
		say "made a password, which stays here: $1"
		known=
	fi
	! id -g "$2" >/dev/null 2>&1 || { chgrp "$2" "$1" && chmod 640 "$1"; }
	case $known in
	*" $3 "*) ;;
	*) tell "hosts.$3" "password-hash = \"$(openssl passwd -6 -stdin <"$1")\"" ;;
	esac
}

# Behind nginx, whose workers may connect to motesd's socket as members of its group.
behind_nginx() {
	certify "/etc/nginx/motes/$name"
	for user in www-data nginx; do
		id "$user" >/dev/null 2>&1 || continue
		[ ! -e /etc/nginx/motes/htpasswd ] || chgrp "$user" /etc/nginx/motes/htpasswd
		join "$user" _motes
	done
}

# USER, GROUP.
join() {
	! id -nG "$1" | grep -qw "$2" || return 0
	printf 'group/%s\n' "$1" >>"$pending"
	if command -v usermod >/dev/null; then usermod -a -G "$2" "$1"; else addgroup "$1" "$2"; fi
}

# Passwords of hosts are for Prometheus, or for VictoriaMetrics, or for both.
asks() {
	asking=_victoria-metrics
	if id prometheus >/dev/null 2>&1; then
		asking=prometheus
		! id _victoria-metrics >/dev/null 2>&1 || ! reads victoria-metrics || join _victoria-metrics prometheus
	fi
	for one in $asked; do password "/etc/prometheus/motes/$one.password" "$asking" "$one"; done
}

pushes() {
	password /etc/motes/vmagent.password _victoria-metrics "$name"
	if [ ! -e /etc/motes/monitor.pem ]; then
		say "vmagent waits for the monitor's certificate"
	elif changed etc/motes/vmagent || changed etc/motes/monitor.pem || changed 'etc/.*/motes-vmagent' ||
		! stays motes-vmagent motes-vmagent; then
		start motes-vmagent motes-vmagent
	fi
}

pushed() {
	certify /etc/nginx/motes/push
	for user in www-data nginx; do
		! id "$user" >/dev/null 2>&1 || chgrp "$user" /etc/nginx/motes/push.htpasswd
	done
	if changed etc/motes/vmauth.yml || changed 'etc/.*/motes-vmauth' || ! stays motes-vmauth motes-vmauth; then
		start motes-vmauth motes-vmauth
	fi
}

# What others have to know: the inventory has the last word, if it has one.
publish() {
	[ "$2" != "$3" ] || return 0
	[ -z "$3" ] || say "the inventory has ANOTHER $1 for $name, so nobody gets through"
	tell "$table" "$1 = \"$2\""
}

tell() {
	say "write into the inventory, below [$1]:" "$2"
	complete=no
}

make_key() {
	if [ ! -s "$key" ]; then
		mkdir -p "${key%/*}"
		(umask 077 && wg genkey >"$key.new" && mv "$key.new" "$key")
		say "made a private key, which stays here: $key"
	fi
	publish public-key "$(wg pubkey <"$key")" "$public_key"
}

# What the tunnel itself is, without its peers.
interface() { sed '/^\[Peer]/,$d; /^#/d; /^$/d' "$1" 2>/dev/null || true; }

# Peers alone change without the others noticing. Not so on hosts, which have one, and whose routes follow it.
tunnel() {
	make_key
	! changed etc/nftables.d/motes.nft || nft -f /etc/nftables.d/motes.nft
	if ! stays wg-quick@wg0 motes-wg0; then
		if [ "$manager" = none ]; then alone start wg0; else start wg-quick@wg0 motes-wg0; fi
	elif ! changed etc/wireguard/wg0.conf; then
		:
	elif [ "$name" = monitor ] && [ "$before" = "$(interface etc/wireguard/wg0.conf)" ]; then
		reload wg-quick@wg0 motes-wg0
	else
		start wg-quick@wg0 motes-wg0
	fi
}

# Exporters that run by themselves would want the same port, and the same sensors.
daemon() {
	for exporter in $(sed -n 's/^\[\([a-z0-9-]*\)]$/motes-\1/p' etc/motes/motes.toml); do
		! runs "$exporter" "$exporter" || { stop "$exporter" "$exporter" && say "stopped $exporter: motesd has it now"; }
	done
	if ! stays motesd motesd; then
		start motesd motesd
	elif changed etc/motes/motes.toml; then
		reload motesd motesd
	fi
}

# Whether a database is told of what is written here, where its arguments or its configuration stand.
reads() {
	grep -rqs etc/prometheus/motes "/etc/default/$1" "/etc/conf.d/$1" "/etc/$1/$1.yml" \
		"/etc/systemd/system/$1.service" "/etc/systemd/system/$1.service.d"
}

database() {
	if changed 'etc/prometheus/motes/.*\.yml'; then
		! runs prometheus prometheus || reload prometheus prometheus
		! runs motes-vmalert motes-vmalert || reload motes-vmalert motes-vmalert
	fi
	! reads victoria-metrics || ! runs victoria-metrics victoria-metrics || victoria_metrics
	reads prometheus || reads victoria-metrics ||
		say "neither Prometheus nor VictoriaMetrics reads /etc/prometheus/motes yet: see the recipe fleet"
}

# Groups and certificates are read when it starts. Of reloading, Debian's service knows nothing.
victoria_metrics() {
	if changed group/_victoria-metrics; then
		start victoria-metrics victoria-metrics
	elif changed 'etc/prometheus/motes/.*\.yml'; then
		if [ "$manager" = systemd ]; then systemctl kill --signal=HUP victoria-metrics; else pkill -HUP victoria-metric; fi
	elif changed 'etc/prometheus/motes/.*\.pem'; then
		start victoria-metrics victoria-metrics
	fi
}

