"""What the hwmon collector keeps between scrapes, and its names and units one by one."""

from pathlib import Path

import pytest
from motes.exporters import node
from motes.exporters.node._hwmon import clean, metric
from motes.shared import exposition


@pytest.fixture
def flags(tmp_path: Path) -> dict[str, object]:
    roots: dict[str, object] = {option.name: str(tmp_path) for option in node.ROOTS}
    return roots | {"collector.disable-defaults": True, "collector.hwmon": True}


def test_sensors_come_and_go(tmp_path: Path, flags: dict[str, object]) -> None:
    (collector,) = node.create(flags).collectors
    chip = tmp_path / "class/hwmon/hwmon0"
    chip.mkdir(parents=True)

    def page() -> str:
        return exposition.text(collector.collect(float("inf"))).decode()

    assert page() == ""
    (chip / "temp1_input").write_text("1000\n")
    assert 'sensor="temp1"} 1.0\n' in page()
    (chip / "temp2_input").write_text("2000\n")
    assert 'sensor="temp2"} 2.0\n' in page()
    (chip / "temp1_input").unlink()
    (chip / "temp2_label").write_text("CPU\n")
    assert 'sensor="temp1"' not in page()
    assert 'label="CPU",sensor="temp2"} 1\n' in page()
    (chip / "temp2_label").write_text("GPU\n")
    assert 'label="GPU",sensor="temp2"} 1\n' in page()
    chip.rename(tmp_path / "gone")
    assert page() == ""


@pytest.mark.parametrize(
    ("kind", "element", "twin", "name", "value"),
    [
        ("in", "input", False, "node_hwmon_in_volts", 1.5),
        ("in", "max_alarm", False, "node_hwmon_in_max_alarm_volts", 1.5),
        ("in", "alarm", False, "node_hwmon_in_alarm", b"1500"),
        ("cpu", "vid", False, "node_hwmon_cpu_vid_volts", 1.5),
        ("temp", "", False, "node_hwmon_temp_celsius", 1.5),
        ("temp", "input", True, "node_hwmon_temp_input_celsius", 1.5),
        ("temp", "type", False, "node_hwmon_temp_type", b"1500"),
        ("temp", "fault", False, "node_hwmon_temp_fault", b"1500"),
        ("curr", "crit", False, "node_hwmon_curr_crit_amps", 1.5),
        ("energy", "input", False, "node_hwmon_energy_joule_total", 0.0015),
        ("energy", "alarm", False, "node_hwmon_energy_alarm", b"1500"),
        ("power", "input", False, "node_hwmon_power_watt", 0.0015),
        ("power", "accuracy", False, "node_hwmon_power_accuracy", 0.0015),
        ("power", "average_interval", False, "node_hwmon_power_average_interval_seconds", 1.5),
        ("humidity", "input", False, "node_hwmon_humidity", 0.0015),
        ("fan", "target", False, "node_hwmon_fan_target_rpm", b"1500"),
        ("fan", "div", False, "node_hwmon_fan_div", b"1500"),
        ("fan", "", False, "node_hwmon_fan", b"1500"),
        ("pwm", "Auto-Channels", False, "node_hwmon_pwm_auto_channels", b"1500"),
        ("freq", "input", True, "node_hwmon_freq_input_freq_mhz", 0.0015),
        ("beep_enable", "", False, "node_hwmon_beep_enabled", 0),
    ],
)
def test_names_and_units(kind: str, element: str, twin: bool, name: str, value: object) -> None:
    known = metric(kind, element, twin=twin)
    assert known is not None
    assert (known[0], known[3](b"1500")) == (name, value)
    assert known[1] is (exposition.counter if name.endswith("_total") else exposition.gauge)


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [("nvme0", "nvme0"), ("0000:00:18.3", "0000:00:18_3"), ("__BAT 0_\n", "bat_0"), ("--", ""), ("Größe", "gr__e")],
)
def test_clean(name: str, cleaned: str) -> None:
    assert clean(name) == cleaned
