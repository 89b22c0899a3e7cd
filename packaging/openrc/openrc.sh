# What motes' services have in common under OpenRC. Their scripts in /etc/init.d end with this; settings are in
# /etc/conf.d. A second motesd is a link: motesd.attic, which reads /etc/motes/attic.toml.

name=$RC_SVCNAME
supervisor=supervise-daemon
command=/usr/bin/${RC_SVCNAME%%.*}
: "${command_args:=}" "${command_args_foreground:=}"
: "${command_user:=_motes:_motes}"
: "${umask:=0077}"
: "${output_log:=/var/log/$RC_SVCNAME.log}"
: "${error_log:=$output_log}"
: "${retry:=TERM/10/KILL/5}"
: "${respawn_delay:=2}"
: "${respawn_max:=10}"
: "${respawn_period:=60}"
: "${healthcheck_timer:=30}"
# OpenRC 0.45 misspells the option that it makes of no_new_privs=.
: "${supervise_daemon_args:=--no-new-privs}"

extra_commands="checkconfig ${extra_commands:-}"
extra_started_commands="reload ${extra_started_commands:-}"
description_checkconfig="Say what is wrong with the options and the configuration, or what would be served where"
description_reload="Read the configuration again, if nothing is wrong with it"

start_pre() {
	# The log is opened by $command_user.
	checkpath --file --mode 0640 --owner "$command_user" "$output_log" "$error_log" &&
		checkpath --directory --mode 0755 --owner "$command_user" "/run/$RC_SVCNAME" &&
		_look
}

stop_post() {
	rmdir "/run/$RC_SVCNAME" 2>/dev/null || true
}

status() {
	local result=0
	default_status || result=$?
	if [ -e "$RC_SVCDIR/failed/$RC_SVCNAME" ]; then
		eerror "$name could not start, or has ended too often. The end of $error_log:"
		tail -n 1 "$error_log" >&2
	fi
	return $result
}

checkconfig() {
	_checked
}

reload() {
	_look || return
	ebegin "Reloading $name"
	supervise-daemon "$RC_SVCNAME" --signal HUP
	eend $?
}

# Is asked by supervise-daemon, which starts what does not answer again.
healthcheck() {
	local address
	address=$(service_get_value address)
	[ -z "$address" ] || _answers "$address"
}

# As the user that the service will be, for files that only root can read are none to it.
_checked() {
	su -s /bin/sh -c "exec $command --config.check $command_args $command_args_foreground" "${command_user%%:*}"
}

# Refuses what is wrong, and remembers where it can be asked: the first address that has a number.
_look() {
	local told
	ebegin "Checking the configuration of $name"
	told=$(_checked)
	eend $? || return
	service_set_value address "$(printf '%s\n' "${told#*well: }" | tr ';' '\n' |
		sed -n 's/^ *\([0-9.]*:[0-9]*\|\[[0-9a-f:]*]:[0-9]*\) serves .*/\1/p' | head -n 1)"
}

# Whether it answers. One that turns us away (--web.allow) has done that, and there may be no way to an address that is
# not there yet.
_answers() {
	python3 -I -S - "$1" <<-'PROBE'
		import socket, sys
		host, _, port = sys.argv[1].rpartition(":")
		try:
		    connection = socket.create_connection((host.strip("[]") or "127.0.0.1", int(port)), 5)
		except OSError:
		    sys.exit(0)
		try:
		    connection.sendall(b"GET /-/healthy HTTP/1.0\r\n\r\n")
		    answer = connection.recv(100)
		except TimeoutError:
		    sys.exit("does not answer")
		except OSError:
		    answer = b""
		sys.exit(b" 200 " not in answer if answer else 0)
	PROBE
}

# Of a script with a header for insserv (which systemd and update-rc.d want), Debian's openrc-run takes the
# dependencies, sources it, and believes that it has done its work. So it is told to look at its words again.
if [ -n "${lsbh:-}" ]; then
	lsbh=
	set -- looked "$@"
fi
