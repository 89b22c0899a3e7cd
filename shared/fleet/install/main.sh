complete=yes
look
before=
[ -e "$pending" ] || before=$(interface /etc/wireguard/wg0.conf)
permitted=$(cat /etc/ssh/motes-tunnel.made.keys 2>/dev/null || true)
install_files
[ "$manager" != systemd ] || ! changed etc/systemd/ || systemctl daemon-reload
[ ! -e etc/wireguard/wg0.conf ] || tunnel
[ ! -e etc/motes/motes.toml ] || daemon
[ ! -e etc/motes/tunnel.conf ] || ssh_tunnel
[ -z "$permitted" ] && [ ! -e etc/ssh/motes-tunnel.made.keys ] || tunnels
[ ! -e etc/nginx/conf.d/motes.conf ] || behind_nginx
[ ! -e etc/motes/vmagent.env ] || pushes
[ ! -e etc/motes/vmauth.yml ] || pushed
[ -z "${asked:-}" ] || asks
web
[ ! -e etc/prometheus/motes ] || database
rm -f "$pending"
if [ "$complete" = yes ]; then
	say "$name is as the inventory has it"
else
	say "then run motes fleet again, and this again with what it writes"
fi
