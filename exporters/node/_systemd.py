"""Which properties of systemd's units are served, of which kind of unit, and as what.

Source: org.freedesktop.systemd1(5).
Unit:   as the property has it, over `scale`.
"""

from motes.shared.exposition import Value


class Property:
    """A property of the interface of one kind of unit; of all kinds, without a `suffix`.

    `family` is the kind, the name and the HELP that it is served with; those that are no numbers have none.
    """

    __slots__ = ("family", "interface", "name", "scale", "suffix")

    def __init__(self, suffix: str, interface: str, name: str, family: tuple[str, str, str] = ("", "", "")) -> None:
        kind, metric, help = family
        self.suffix = suffix
        self.interface = "org.freedesktop.systemd1." + interface
        self.name = name
        self.family = kind, "node_systemd_" + metric, help
        self.scale = 1e6 if metric.endswith("_seconds") else 1

    def value(self, told: int) -> Value | None:
        """None for what has no limit, or is not counted."""
        if told == 2**64 - 1:
            return None
        return told if self.scale == 1 else told / self.scale


TYPES = (Property(".service", "Service", "Type"), Property(".mount", "Mount", "Type"))
_BECAME_ACTIVE = ("gauge", "unit_start_time_seconds", "When the unit became active; 0 while it is not.")
START_TIME = Property("", "Unit", "ActiveEnterTimestamp", _BECAME_ACTIVE)
_RESTARTED = ("counter", "service_restart_total", "Times that the service was restarted by itself.")
RESTARTS = (Property(".service", "Service", "NRestarts", _RESTARTED),)
TASKS = (
    Property(".service", "Service", "TasksCurrent", ("gauge", "unit_tasks_current", "Tasks of the service.")),
    Property(".service", "Service", "TasksMax", ("gauge", "unit_tasks_max", "Tasks that the service may have.")),
)
_ELAPSED = ("gauge", "timer_last_trigger_seconds", "When the timer last elapsed; 0 for never.")
TIMERS = (Property(".timer", "Timer", "LastTriggerUSec", _ELAPSED),)
_ACCEPTED = ("counter", "socket_accepted_connections_total", "Connections that the socket accepted.")
_CONNECTED = ("gauge", "socket_current_connections", "Connections that the socket has.")
# A gauge, as node_exporter has it.
_REFUSED = ("gauge", "socket_refused_connections_total", "Connections that the socket refused.")
SOCKETS = (
    Property(".socket", "Socket", "NAccepted", _ACCEPTED),
    Property(".socket", "Socket", "NConnections", _CONNECTED),
    Property(".socket", "Socket", "NRefused", _REFUSED),
)
