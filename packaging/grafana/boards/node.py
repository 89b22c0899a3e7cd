"""A host at a glance: processor, memory, disks, network, and what a person should look after."""

from board import Board
from panels import BAD, FAIR, GOOD, WARN, YES_NO, Steps, lines, row
from tables import Column, table

_REAL = 'fstype!~"(tmpfs|ramfs|overlay|squashfs|iso9660|fuse.*)"'
_DISK = 'device!~"(loop|ram|zram|dm-|sr).*"'
_WIRE = 'device!~"(lo|veth.*|docker.*|br-.*|tap.*|tun.*)"'
_IDLE, _BUSY = 'mode="idle"', 'mode!="idle"'
_MEMORY = "1 - node_memory_MemAvailable_bytes{} / node_memory_MemTotal_bytes{}"
_USED = f"1 - node_filesystem_avail_bytes{{{_REAL}}} / node_filesystem_size_bytes{{{_REAL}}}"
_MISSING = 'sum by (instance) (node_md_disks_required{}) - sum by (instance) (node_md_disks{state="active"})'
_TRACKED = "node_nf_conntrack_entries{} / node_nf_conntrack_entries_limit{}"
_WEEK = 7 * 86400
_SHARE: Steps = ((None, GOOD), (0.7, FAIR), (0.85, WARN), (0.95, BAD))
_LOAD: Steps = ((None, GOOD), (1, FAIR), (2, WARN), (4, BAD))
_HOT: Steps = ((None, GOOD), (65, FAIR), (80, WARN), (95, BAD))
_WRONG: Steps = ((None, GOOD), (1, BAD))


def _rate(metric: str, matchers: str = "") -> str:
    return f"rate({metric}{{{matchers}}}[$__rate_interval])"


def _host(query: str) -> str:
    return f"max by (instance) ({query})"


def _disk(what: str) -> str:
    return _rate(f"node_disk_{what}_total", _DISK)


def _network(what: str) -> str:
    return _rate(f"node_network_{what}_total", _WIRE)


def _file_system(query: str) -> str:
    return f"max by (instance, mountpoint, device) ({query})"


_PROCESSOR = f"1 - avg by (instance) ({_rate('node_cpu_seconds_total', _IDLE)})"
_LOAD_EACH = f"{_host('node_load5{}')} / count by (instance) (node_cpu_seconds_total{{{_IDLE}}})"
BOARD = Board(
    "node",
    "Node",
    "A host at a glance. For everything that node_exporter has there is Node Exporter Full, which works with motes.",
    "node_boot_time_seconds",
    [
        table(
            "At a glance",
            {"instance": "Host"},
            [
                Column("Up for", _host("node_time_seconds{} - node_boot_time_seconds{}"), "dtdurations"),
                Column("Processor", _PROCESSOR, "percentunit", _SHARE, decimals=0),
                Column("Load a processor", _LOAD_EACH, "short", _LOAD, decimals=2),
                Column("Memory", _host(_MEMORY), "percentunit", _SHARE, decimals=0),
                Column("Fullest file system", _host(_USED), "percentunit", _SHARE, decimals=0),
                Column("Hottest", _host("node_hwmon_temp_celsius{}"), "celsius", _HOT, decimals=0),
                Column("Clock kept", _host("node_timex_sync_status{}"), meanings=YES_NO),
                Column("Units failed", _host('node_systemd_units{state="failed"}'), steps=_WRONG),
                Column("Disks missing in arrays", _host(_MISSING), steps=_WRONG),
                Column("Killed for lack of memory", _host("increase(node_vmstat_oom_kill{}[1d])"), "short", _WRONG),
                Column("Connections tracked", _host(_TRACKED), "percentunit", _SHARE, decimals=0),
            ],
            about="Load is over 5 minutes; killed for lack of memory are processes of the last day.",
            sort="Host",
        ),
        row("Processor and memory"),
        lines(
            "Processor",
            f"sum by (instance, mode) ({_rate('node_cpu_seconds_total', _BUSY)})"
            f" / on (instance) group_left sum by (instance) ({_rate('node_cpu_seconds_total')})",
            "percentunit",
            legend="{{instance}} {{mode}}",
            stacked=True,
            span=(0, None),
        ),
        lines("Load", {"{{instance}}, 1 minute": "node_load1{}", "{{instance}}, 15 minutes": "node_load15{}"}),
        lines("Memory in use", _MEMORY, "percentunit", legend="{{instance}}", steps=_SHARE, span=(0, 1)),
        lines(
            "Memory",
            {
                "{{instance}} in use": "node_memory_MemTotal_bytes{} - node_memory_MemAvailable_bytes{}",
                "{{instance}} files": "node_memory_Cached_bytes{} + node_memory_Buffers_bytes{}",
                "{{instance}} swapped out": "node_memory_SwapTotal_bytes{} - node_memory_SwapFree_bytes{}",
            },
            "bytes",
            span=(0, None),
        ),
        lines(
            "Time lost with waiting",
            {
                "{{instance}} for a processor": _rate("node_pressure_cpu_waiting_seconds_total"),
                "{{instance}} for memory": _rate("node_pressure_memory_waiting_seconds_total"),
                "{{instance}} for disks": _rate("node_pressure_io_waiting_seconds_total"),
            },
            "percentunit",
            about="Pressure: the share of time in which some task waited.",
            span=(0, None),
        ),
        lines(
            "Swapping",
            {
                "{{instance}} in": _rate("node_vmstat_pswpin"),
                "{{instance}} out": _rate("node_vmstat_pswpout"),
            },
            "short",
            about="Pages a second.",
        ),
        row("Disks"),
        table(
            "File systems",
            {"instance": "Host", "mountpoint": "Mounted on", "device": "Device"},
            [
                Column("Size", _file_system(f"node_filesystem_size_bytes{{{_REAL}}}"), "bytes"),
                Column("Free", _file_system(f"node_filesystem_avail_bytes{{{_REAL}}}"), "bytes"),
                Column("Used", _file_system(_USED), "percentunit", _SHARE, decimals=0),
                Column(
                    "In a week",
                    _file_system(
                        f"1 - predict_linear(node_filesystem_avail_bytes{{{_REAL}}}[1d], {_WEEK}) "
                        f"/ node_filesystem_size_bytes{{{_REAL}}}"
                    ),
                    "percentunit",
                    _SHARE,
                    decimals=0,
                ),
                Column(
                    "Inodes",
                    _file_system(f"1 - node_filesystem_files_free{{{_REAL}}} / (node_filesystem_files{{{_REAL}}} > 0)"),
                    "percentunit",
                    _SHARE,
                    decimals=0,
                ),
                Column(
                    "Read-only",
                    _file_system(f"node_filesystem_readonly{{{_REAL}}}"),
                    meanings={1: ("yes", WARN), 0: ("no", GOOD)},
                ),
            ],
            about="In a week: if it goes on as it did in the last day.",
            sort="-Used",
        ),
        lines(
            "Used",
            f"max by (instance, mountpoint) ({_USED})",
            "percentunit",
            legend="{{instance}} {{mountpoint}}",
            span=(0, 1),
        ),
        lines(
            "Busy",
            _disk("io_time_seconds"),
            "percentunit",
            legend="{{instance}} {{device}}",
            span=(0, None),
        ),
        lines(
            "Read and written",
            {
                "{{instance}} {{device}} read": _disk("read_bytes"),
                "{{instance}} {{device}} written": "-" + _disk("written_bytes"),
            },
            "Bps",
            about="Written is below zero.",
        ),
        lines(
            "Time a read or a write takes",
            f"({_disk('read_time_seconds')} + {_disk('write_time_seconds')})"
            f" / ({_disk('reads_completed')} + {_disk('writes_completed')})",
            "s",
            legend="{{instance}} {{device}}",
        ),
        row("Network"),
        lines(
            "Received and sent",
            {
                "{{instance}} {{device}} received": _network("receive_bytes") + " * 8",
                "{{instance}} {{device}} sent": "-8 * " + _network("transmit_bytes"),
            },
            "bps",
            about="Sent is below zero.",
        ),
        lines(
            "Lost",
            {
                "{{instance}} {{device}} receiving": f"{_network('receive_errs')} + {_network('receive_drop')}",
                "{{instance}} {{device}} sending": f"{_network('transmit_errs')} + {_network('transmit_drop')}",
            },
            "pps",
            about="Packets with errors, and those that were dropped.",
        ),
        row("Hardware and system"),
        lines(
            "Temperatures",
            {
                "{{instance}} {{chip}} {{sensor}}": "node_hwmon_temp_celsius{}",
                "{{instance}} {{type}}": "node_thermal_zone_temp{}",
            },
            "celsius",
        ),
        lines("Clock, ahead by", "node_timex_offset_seconds{}", "s", legend="{{instance}}"),
    ],
    since="now-6h",
)
