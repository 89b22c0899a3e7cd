"""The counters of an InfiniBand port: family without its prefix -> attribute, HELP.

Source: the kernel's Documentation/ABI/stable/sysfs-class-infiniband; the names are node_exporter's.
"""

# In ports/PORT/counters.
COUNTERS = {
    "excessive_buffer_overrun_errors_total": ("excessive_buffer_overrun_errors", "Series of buffer overruns."),
    "link_downed_total": ("link_downed", "How often the link went down, failing to recover."),
    "link_error_recovery_total": ("link_error_recovery", "How often the link recovered from an error."),
    "local_link_integrity_errors_total": (
        "local_link_integrity_errors",
        "How often local physical errors were more than is allowed.",
    ),
    "multicast_packets_received_total": ("multicast_rcv_packets", "Multicast packets received, wrong ones too."),
    "multicast_packets_transmitted_total": ("multicast_xmit_packets", "Multicast packets sent, wrong ones too."),
    "port_constraint_errors_received_total": (
        "port_rcv_constraint_errors",
        "Packets received by the switch's physical port, and dropped.",
    ),
    "port_constraint_errors_transmitted_total": (
        "port_xmit_constraint_errors",
        "Packets not sent by the switch's physical port.",
    ),
    "port_data_received_bytes_total": ("port_rcv_data", "Bytes received on all links."),
    "port_data_transmitted_bytes_total": ("port_xmit_data", "Bytes sent on all links."),
    "port_discards_received_total": ("port_rcv_discards", "Packets received and dropped: port down or congested."),
    "port_discards_transmitted_total": ("port_xmit_discards", "Packets to send dropped: port down or congested."),
    "port_errors_received_total": ("port_rcv_errors", "Packets received with an error."),
    "port_packets_received_total": ("port_rcv_packets", "Packets received on all virtual lanes, wrong ones too."),
    "port_packets_transmitted_total": ("port_xmit_packets", "Packets sent on all virtual lanes, wrong ones too."),
    "port_receive_remote_physical_errors_total": (
        "port_rcv_remote_physical_errors",
        "Packets received that were marked as bad on their way.",
    ),
    "port_receive_switch_relay_errors_total": (
        "port_rcv_switch_relay_errors",
        "Packets received that the switch could not forward.",
    ),
    "port_transmit_wait_total": ("port_xmit_wait", "Ticks in which there were data to send, and none could be."),
    "symbol_error_total": ("symbol_error", "Minor errors of the link."),
    "unicast_packets_received_total": ("unicast_rcv_packets", "Unicast packets received, wrong ones too."),
    "unicast_packets_transmitted_total": ("unicast_xmit_packets", "Unicast packets sent, wrong ones too."),
    "vl15_dropped_total": ("VL15_dropped", "Packets of virtual lane 15 received and dropped, for lack of room."),
}
# In ports/PORT/counters_ext.
LEGACY = {
    "legacy_data_received_bytes_total": ("port_rcv_data_64", "Bytes received on all links."),
    "legacy_data_transmitted_bytes_total": ("port_xmit_data_64", "Bytes sent on all links."),
    "legacy_multicast_packets_received_total": ("port_multicast_rcv_packets", "Multicast packets received."),
    "legacy_multicast_packets_transmitted_total": ("port_multicast_xmit_packets", "Multicast packets sent."),
    "legacy_packets_received_total": ("port_rcv_packets_64", "Packets received on all links."),
    "legacy_packets_transmitted_total": ("port_xmit_packets_64", "Packets sent on all links."),
    "legacy_unicast_packets_received_total": ("port_unicast_rcv_packets", "Unicast packets received."),
    "legacy_unicast_packets_transmitted_total": ("port_unicast_xmit_packets", "Unicast packets sent."),
}
# Counted in words of four bytes.
IN_WORDS = frozenset(("port_rcv_data", "port_xmit_data", "port_rcv_data_64", "port_xmit_data_64"))
