"""The whole house in one motesd, which a real Prometheus scrapes each second while all that there is comes and goes.

What is served is asked of Prometheus alone. Each step begins with all there, and ends with all there again.
"""

from collections.abc import Callable, Iterator

import pytest
from motes.exporters.lywsd03mmc import mac

from tests.support.counterparts import prometheus
from tests.support.database import Database
from tests.support.firefox.browser import Firefox
from tests.support.household import CELLAR, LIVING_ROOM, Household, motesd
from tests.support.namespaces import until
from tests.support.program import Program

# What Prometheus finds as long as an exporter does well.
WELL = {
    "node": "node_load1 and on() node_textfile_scrape_error == 0",
    "lywsd03mmc": "thermometer_scanner_up == 1",
    "card10-bme680": 'card10_up{instance_name="kitchen"} == 1',
    "firefox-tabs": "sum(firefox_running) == 1",
}
# Seconds that a scrape may take, by Prometheus' configuration.
TIMEOUT = 1
# Seconds, for a browser that starts, or a reading of a minute that vanishes, on a slow machine.
WITHIN = 120
ALWAYS = ("node_load1", "node_memory_MemTotal_bytes", "node_time_seconds", "node_boot_time_seconds")


class Scraped:
    """The house as Prometheus sees it."""

    def __init__(self, house: Household, browser: Firefox, program: Program, database: Database) -> None:
        self.house = house
        self.browser = browser
        self.program = program
        self.database = database

    def shows(self, expression: str) -> None:
        """Sooner or later the expression has a result."""
        until(lambda: self.database.values(expression), expression, self.program.log, within=WITHIN)

    def all_well(self, *, but: str = "") -> None:
        """AssertionError unless all do well, all the others where one does not."""
        for name, expression in WELL.items():
            assert name == but or self.database.values(expression), name

    def speaks(self, address: str, celsius: float) -> None:
        """A thermometer, until it is heard."""
        expression = f'thermometer_temperature_celsius{{mac="{mac.compact(address)}"}} == {celsius}'

        def heard() -> bool:
            self.house.advertise(address, celsius)
            return bool(self.database.values(expression))

        until(heard, expression, self.program.log)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scraped]:
    """The cellar's thermometer has spoken once."""
    folder = tmp_path_factory.mktemp("house")
    with (
        Household(folder) as house,
        Firefox(house.home, folder / "firefox.log") as browser,
        motesd(house) as program,
        prometheus(folder / "prometheus", program.port) as database,
    ):
        scraped = Scraped(house, browser, program, Database(database))
        scraped.speaks(CELLAR, 11.5)
        yield scraped


@pytest.fixture
def scraped(running: Scraped) -> Scraped:
    for expression in WELL.values():
        running.shows(expression)
    return running


def bus_gone(house: Household, scraped: Scraped) -> None:
    scraped.speaks(LIVING_ROOM, 20.25)
    house.bus.stop()
    scraped.shows('thermometer_scanner_up == 0 and on() thermometer_problem_info{problem="no_bus"}')
    scraped.all_well(but="lywsd03mmc")
    house.bus.start()
    house.world.start()
    scraped.shows(WELL["lywsd03mmc"])
    scraped.speaks(LIVING_ROOM, 20.5)


def adapter_off(house: Household, scraped: Scraped) -> None:
    house.world.power(on=False)
    scraped.shows('thermometer_scanner_up == 0 and on() thermometer_problem_info{problem="powered_off"}')
    scraped.all_well(but="lywsd03mmc")
    house.world.power(on=True)
    scraped.shows(WELL["lywsd03mmc"])
    scraped.speaks(LIVING_ROOM, 21.25)


def badge_unplugged(house: Household, scraped: Scraped) -> None:
    house.badge.unplug()
    scraped.shows('card10_problem_info{problem="disconnected"} unless on() card10_temperature_celsius')
    scraped.shows("card10_last_seen_timestamp_seconds and on() card10_up == 0")
    scraped.all_well(but="card10-bme680")
    house.badge.measures(temperature=17.5)
    house.badge.replug()
    scraped.shows('card10_temperature_celsius{instance_name="kitchen"} == 17.5 and on() card10_up == 1')


def badge_hangs(house: Household, scraped: Scraped) -> None:
    house.badge.stall()
    scraped.shows('card10_problem_info{problem="no_answer"} unless on() card10_temperature_celsius')
    scraped.all_well(but="card10-bme680")
    house.badge.measures(temperature=18.5)
    house.badge.go_on()
    scraped.shows('card10_temperature_celsius{instance_name="kitchen"} == 18.5 and on() card10_up == 1')


def firefox_killed(house: Household, scraped: Scraped) -> None:
    scraped.browser.open_tab("another")
    tabs = open_tabs(scraped)
    scraped.shows(f"sum(firefox_tabs) == {tabs}")
    scraped.browser.kill()
    scraped.shows("sum(firefox_tabs) == 0 and on() sum(firefox_running) == 0")
    scraped.shows(f"sum(firefox_restorable_tabs) == {tabs}")
    scraped.all_well(but="firefox-tabs")
    scraped.browser.start()
    scraped.shows(f"sum(firefox_tabs) == {tabs} and on() sum(firefox_running) == 1")


def profiles_gone(house: Household, scraped: Scraped) -> None:
    tabs = open_tabs(scraped)
    scraped.browser.quit()
    hidden = house.home / "hidden"
    scraped.browser.profiles.rename(hidden)
    scraped.shows("up unless on() (firefox_running or firefox_tabs)")
    scraped.all_well(but="firefox-tabs")
    hidden.rename(scraped.browser.profiles)
    scraped.shows(f"sum(firefox_restorable_tabs) == {tabs} and on() sum(firefox_running) == 0")
    scraped.browser.start()
    scraped.shows(f"sum(firefox_tabs) == {tabs} and on() sum(firefox_running) == 1")


def text_file_bad(house: Household, scraped: Scraped) -> None:
    scraped.shows("text_value == 1")
    house.damage_text()
    scraped.shows("node_textfile_scrape_error == 1 unless on() text_value")
    scraped.all_well(but="node")
    house.mend_text()
    scraped.shows("node_textfile_scrape_error == 0 and on() text_value == 1")


def all_at_once(house: Household, scraped: Scraped) -> None:
    house.bus.stop()
    house.badge.unplug()
    scraped.browser.kill()
    house.damage_text()
    for expression in ("thermometer_scanner_up", "card10_up", "sum(firefox_running)"):
        scraped.shows(f"{expression} == 0")
    scraped.shows("node_textfile_scrape_error == 1")
    house.bus.start()
    house.world.start()
    house.badge.replug()
    house.mend_text()
    scraped.browser.start()
    for expression in WELL.values():
        scraped.shows(expression)


def open_tabs(scraped: Scraped) -> int:
    return sum(scraped.browser.counts().tabs.values())


STEPS = (
    bus_gone,
    adapter_off,
    badge_unplugged,
    badge_hangs,
    firefox_killed,
    profiles_gone,
    text_file_bad,
    all_at_once,
)


@pytest.mark.parametrize("step", STEPS * 2, ids=lambda step: step.__name__)
def test_comes_and_goes(scraped: Scraped, step: Callable[[Household, Scraped], None]) -> None:
    step(scraped.house, scraped)


def test_what_is_silent_vanishes(scraped: Scraped) -> None:
    seen = f'thermometer_last_seen_timestamp_seconds{{mac="{mac.compact(CELLAR)}"}}'
    scraped.shows(f"{seen} unless on(mac) thermometer_temperature_celsius")
    scraped.speaks(CELLAR, 12.5)


def test_no_scrape_was_late(scraped: Scraped) -> None:
    """Of all so far, when each of the steps has been, or of a few."""
    scraped.shows("count_over_time(up[1h]) > 5")
    scrapes = scraped.database.history("up[1h]")
    assert {value for _, value in scrapes} == {1}
    assert len(scrapes) > 0.9 * (scrapes[-1][0] - scrapes[0][0])
    assert max(value for _, value in scraped.database.history("scrape_duration_seconds[1h]")) < TIMEOUT


def test_node_was_always_there(scraped: Scraped) -> None:
    for name in ALWAYS:
        assert scraped.database.values(f"count_over_time({name}[1h]) == count_over_time(up[1h])"), name
    success = "node_scrape_collector_success[1h]"
    assert scraped.database.values(f"min_over_time({success}) != max_over_time({success})") == []
