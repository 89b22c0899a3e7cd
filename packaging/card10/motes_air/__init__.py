"""Shows what the badge's BME680 measures, and prints it on its serial port, a line each time.

    temperature=21.5 humidity=45.25 pressure=1003.125 gas_resistance=123456.0 check=58948

In the units of the firmware's `bme680`: degrees Celsius, percent, hectopascals, ohms; with BSEC also its index of air
quality, how accurate that is, and what it estimates in ppm. `check` is for whoever reads: the firmware's log shares the
port, and may cut a line in two. Firmware 1.4 or newer.
"""

import bme680
import display
import utime

# BSEC measures every three seconds.
EVERY = 5

WHITE, GREY, RED = (255, 255, 255), (128, 128, 128), (255, 64, 64)

# As the firmware calls them, and as they are printed.
NAMES = (
    ("temperature", "temperature"),
    ("humidity", "humidity"),
    ("pressure", "pressure"),
    ("gas_resistance", "gas_resistance"),
    ("iaq", "iaq"),
    ("iaq_accuracy", "iaq_accuracy"),
    ("eco2", "eco2"),
    ("breath_voc_equivalent", "breath_voc"),
)


def open_sensor():
    """What has get_data() and can be closed."""
    if hasattr(bme680, "Bme680"):
        return bme680.Bme680()
    # Firmware before 1.10.
    bme680.init()
    return bme680


def close_sensor(sensor):
    if sensor is bme680:
        sensor.deinit()
    else:
        sensor.close()


def named(data):
    """What there is, in order: before 1.10 there are no names, and nothing of BSEC's."""
    if not hasattr(data, "temperature"):
        return [(names[1], value) for names, value in zip(NAMES, data)]
    return [(name, getattr(data, attribute)) for attribute, name in NAMES if hasattr(data, attribute)]


def checked(line):
    """The line with its check sum, which needs no more than small integers."""
    check = 0
    for octet in line.encode():
        check = (check * 31 + octet) % 65521
    return "{} check={}".format(line, check)


def show(screen, lines):
    """Each a text of eleven characters at most, and its colour."""
    screen.clear()
    for row, (text, colour) in enumerate(lines):
        screen.print(text, fg=colour, posx=0, posy=20 * row)
    screen.update()


def described(pairs):
    """For people: four lines."""
    values = dict(pairs)
    lines = [
        ("{:.1f} C".format(values["temperature"]), WHITE),
        ("{:.0f} %".format(values["humidity"]), WHITE),
        ("{:.0f} hPa".format(values["pressure"]), WHITE),
    ]
    if "iaq" in values:
        return lines + [("IAQ {:.0f}".format(values["iaq"]), WHITE if values["iaq_accuracy"] else GREY)]
    return lines + [("{:.0f} kOhm".format(values["gas_resistance"] / 1000), WHITE)]


def watch(screen):
    """Until the sensor fails."""
    sensor = open_sensor()
    try:
        while True:
            pairs = named(sensor.get_data())
            # At once: between two prints, the firmware's log has more time to come.
            print(checked(" ".join(["{}={}".format(name, value) for name, value in pairs])))
            show(screen, described(pairs))
            utime.sleep(EVERY)
    finally:
        close_sensor(sensor)


def main():
    with display.open() as screen:
        while True:
            try:
                watch(screen)
            except OSError as error:
                print("bme680:", error)
                show(screen, [("no sensor", RED)])
                utime.sleep(EVERY)


if __name__ == "__main__":
    main()
