"""The fleet: every host, every exporter, and what is stale or failing."""

from board import Board
from panels import BAD, FAIR, GOOD, PLAIN, UP, WARN, YES_NO, Steps, lines, row, stat, states
from queries import called, own, thermometer
from tables import Column, table

# A host that pushes has no `up` while nothing comes from it; motes_fleet_host knows that there is one.
_HEARD = 'max by (instance, road) (up{}) or on (instance) motes_fleet_host{{instance=~"$instance"}} * 0'
_FAILED = "sum by (instance, exporter, collector) (increase(motes_collector_failures_total{}[1h])) > 0"
_PROBLEMS = 'count by (instance, problem, advice) ({__name__=~"(thermometer|card10|firefox)_problem_info",problem!=""})'
_ALERTS = 'ALERTS{{instance=~"$instance|",alertstate="firing"}}'
_ANY_ALERTS = 'max by (alertname, instance, severity, alertstate) (ALERTS{{instance=~"$instance|"}})'
_SEEN = (
    thermometer("thermometer_last_seen_timestamp_seconds{}"),
    called("card10_last_seen_timestamp_seconds{}", "place", "device", "instance_name"),
    called("firefox_last_seen_timestamp_seconds{}", "place", "profile"),
)
_SILENCE = " or ".join(f"time() - max by (instance, place) ({seen})" for seen in _SEEN)
_WRONG: Steps = ((None, GOOD), (1, BAD))
_LATE: Steps = ((None, GOOD), (300, FAIR), (3600, WARN), (86400, BAD))
_SLOW: Steps = ((None, PLAIN), (5, WARN), (10, BAD))

BOARD = Board(
    "fleet",
    "Fleet",
    "Every host and every exporter: who is heard, what is stale, what fails, and what to do about it.",
    "up",
    [
        stat("Hosts heard", f"sum({_HEARD})", steps=((None, BAD), (1, GOOD))),
        stat("Hosts not heard", f"count(({_HEARD}) == 0) or vector(0)", steps=_WRONG),
        stat("Alerts", f"count({_ALERTS}) or vector(0)", steps=_WRONG),
        stat("Exporters failing", "count(motes_exporter_success{} == 0) or vector(0)", steps=_WRONG),
        stat("Collectors failing", f"count({_FAILED}) or vector(0)", steps=_WRONG, about="In the last hour."),
        stat("Problems", f"count({_PROBLEMS}) or vector(0)", steps=_WRONG, about="They stand below, with advice."),
        table(
            "Hosts",
            {"instance": "Host", "road": "Road", "version": "motes"},
            [
                Column("Heard", _HEARD, meanings=UP),
                Column("Scrape", "max by (instance) (scrape_duration_seconds{})", "s", _SLOW, decimals=2),
                Column("Series", "sum by (instance) (scrape_samples_scraped{})", "short"),
                Column(
                    "Running for", f"time() - max by (instance) ({own('process_start_time_seconds{}')})", "dtdurations"
                ),
                Column("Configuration", "min by (instance) (motes_config_last_reload_successful{})", meanings=YES_NO),
                Column("", "max by (instance, version) (motes_build_info{})"),
            ],
            about="Configuration: whether the file was taken when it was last read.",
            sort="Heard",
        ),
        states("Heard", _HEARD, legend="{{instance}} {{road}}", meanings=UP, width=24),
        row("What is wrong"),
        table(
            "Problems, and what to do",
            {"instance": "Host", "problem": "Problem", "advice": "What to do"},
            [Column("", _PROBLEMS)],
            sort="Host",
            none="none",
        ),
        table(
            "Alerts",
            {"alertname": "Alert", "instance": "Host", "severity": "Severity", "alertstate": "State"},
            [Column("", _ANY_ALERTS)],
            sort="Severity",
            none="none",
            width=12,
        ),
        table(
            "Collectors that failed in the last hour",
            {"instance": "Host", "exporter": "Exporter", "collector": "Collector"},
            [Column("Failures", _FAILED, "short", decimals=0)],
            sort="-Failures",
            none="none",
            width=12,
        ),
        row("Exporters and sensors"),
        table(
            "Exporters",
            {"instance": "Host", "exporter": "Exporter"},
            [
                Column("Works", "min by (instance, exporter) (motes_exporter_success{})", meanings=YES_NO),
                Column("Takes", "max by (instance, exporter) (motes_exporter_duration_seconds{})", "s"),
            ],
            about="All but node, whose collectors each have a success of their own.",
            sort="Host",
            width=12,
        ),
        table(
            "Sensors",
            {"instance": "Host", "place": "Sensor"},
            [Column("Last reading", _SILENCE, "dtdurations", _LATE)],
            about="How long ago each was heard or read; browsers, too.",
            sort="-Last reading",
            width=12,
        ),
        row("Scrapes"),
        lines("Time a scrape takes", "scrape_duration_seconds{}", "s", legend="{{instance}} {{job}}"),
        lines("Series", "scrape_samples_scraped{}", legend="{{instance}} {{job}}", span=(0, None)),
        lines("Memory of motes", own("process_resident_memory_bytes{}"), "bytes", legend="{{instance}} {{job}}"),
        lines(
            "Processor time of motes",
            own("rate(process_cpu_seconds_total{}[$__rate_interval])"),
            "percentunit",
            legend="{{instance}} {{job}}",
            about="Of one processor.",
        ),
    ],
)
