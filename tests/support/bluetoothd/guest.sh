#!/bin/sh
# In the guest: a system bus, and ports through which the outside reaches it, the adapter and a shell.
# Argument: the Python that attaches the adapter.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export PATH PYTHONDONTWRITEBYTECODE=1
here=$(dirname "$0")

mkdir /run/dbus
dbus-daemon --system --nopidfile || exit
socat TCP-LISTEN:5555,fork,nodelay UNIX-CONNECT:/run/dbus/system_bus_socket &
socat TCP-LISTEN:5556,fork,nodelay EXEC:"$1 -I $here/vhci.py" &
socat TCP-LISTEN:5557,fork,nodelay EXEC:/bin/sh,stderr &
echo "guest has ports"
while sleep 1000; do :; done
