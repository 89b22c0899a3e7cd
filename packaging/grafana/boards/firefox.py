"""Firefox: tabs over the years, and those that were forgotten."""

from board import Board
from panels import BAD, FAIR, GOOD, PLAIN, WARN, YES_NO, Meanings, Steps, lines, row, stat, states
from tables import Column, table

_WHO = "user, browser, profile"
_LEGEND = "{{user}}'s {{browser}} ({{profile}})"
# A tab is open, or it would be restored; while a browser is closed its tabs are not forgotten.
_ALL = f"sum by ({_WHO}) (firefox_tabs{{}}) + sum by ({_WHO}) (firefox_restorable_tabs{{}})"
_WINDOWS = f"sum by ({_WHO}) (firefox_windows{{}}) + sum by ({_WHO}) (firefox_restorable_windows{{}})"
_MONTH = 30 * 86400
_OLD: Steps = ((None, GOOD), (_MONTH, FAIR), (6 * _MONTH, WARN), (12 * _MONTH, BAD))
_SHARE: Steps = ((None, GOOD), (0.25, FAIR), (0.5, WARN), (0.75, BAD))
_OPEN: Meanings = {1: ("open", GOOD), 0: ("closed", PLAIN)}


def _longest(metric: str) -> str:
    """The most that there was since the point before, so that a year can be drawn of a notebook that was seldom on."""
    return f"max_over_time({metric}[$__interval])"


BOARD = Board(
    "firefox",
    "Firefox",
    "How many tabs and windows there are, over the years, and how many of them nobody looks at any more.",
    "firefox_last_seen_timestamp_seconds",
    [
        row("Now"),
        stat("Tabs", _ALL, "short", legend=_LEGEND, about="Open, or restored when the browser starts."),
        stat("Windows", _WINDOWS, "short", legend=_LEGEND),
        stat("Pinned", f'sum by ({_WHO}) (firefox_tabs{{state="pinned"}})', legend=_LEGEND),
        stat("Groups", f"sum by ({_WHO}) (firefox_tab_groups{{}})", legend=_LEGEND),
        stat(
            "Not looked at for a month",
            f'sum by ({_WHO}) (firefox_untouched_tabs{{days="30"}}) / (sum by ({_WHO}) (firefox_tabs{{}}) > 0)',
            "percentunit",
            legend=_LEGEND,
            steps=_SHARE,
            none="closed",
            decimals=0,
        ),
        stat(
            "The oldest tab",
            f"max by ({_WHO}) (firefox_oldest_tab_age_seconds{{}})",
            "dtdurations",
            legend=_LEGEND,
            steps=_OLD,
            none="closed",
            about="How long nobody has looked at it.",
        ),
        row("Over the years"),
        lines(
            "Tabs",
            f"sum by ({_WHO}) ({_longest('firefox_tabs{}')} > 0 or {_longest('firefox_restorable_tabs{}')})",
            legend=_LEGEND,
            span=(0, None),
            step="1h",
            width=24,
            height=10,
        ),
        lines(
            "Tabs by their state",
            f"sum by (state) ({_longest('firefox_tabs{}')} > 0 or {_longest('firefox_restorable_tabs{}')})",
            legend="{{state}}",
            stacked=True,
            step="1h",
        ),
        lines(
            "Windows, and what was closed and can be had back",
            {
                "windows": f"sum({_longest('firefox_windows{}')} > 0 or {_longest('firefox_restorable_windows{}')})",
                "closed tabs": f"sum({_longest('firefox_closed_tabs{}')})",
                "closed windows": f"sum({_longest('firefox_closed_windows{}')})",
            },
            span=(0, None),
            step="1h",
        ),
        row("Forgotten tabs"),
        lines(
            "Tabs that nobody has looked at",
            f"sum by (days) ({_longest('firefox_untouched_tabs{}')})",
            legend="for {{days}} days",
            span=(0, None),
            step="1h",
        ),
        lines(
            "The oldest tab",
            f"max by ({_WHO}) ({_longest('firefox_oldest_tab_age_seconds{}')})",
            "dtdurations",
            legend=_LEGEND,
            span=(0, None),
            step="1h",
        ),
        row("The browsers"),
        states("Open", f"max by ({_WHO}) (firefox_running{{}})", legend=_LEGEND, meanings=_OPEN),
        lines(
            "Opened and closed in a day",
            f"sum by ({_WHO}) (changes(firefox_running{{}}[1d]))",
            legend=_LEGEND,
            height=6,
        ),
        table(
            "Profiles",
            {"user": "User", "browser": "Browser", "profile": "Profile", "instance": "Host"},
            [
                Column("Open", f"max by (instance, {_WHO}) (firefox_running{{}})", meanings=_OPEN),
                Column("Starts with it", f"max by (instance, {_WHO}) (firefox_profile_in_use{{}})", meanings=YES_NO),
                Column(
                    "Saved",
                    f"time() - max by (instance, {_WHO}) (firefox_session_file_timestamp_seconds{{}})",
                    "dtdurations",
                ),
                Column(
                    "Last read",
                    f"time() - max by (instance, {_WHO}) (firefox_last_seen_timestamp_seconds{{}})",
                    "dtdurations",
                    ((None, GOOD), (600, FAIR), (3600, BAD)),
                ),
            ],
            sort="User",
            width=14,
            height=6,
        ),
        table(
            "Problems, and what to do",
            {"instance": "Host", "path": "Folder", "problem": "Problem", "advice": "What to do"},
            [Column("", "max by (instance, path, problem, advice) (firefox_problem_info{})")],
            none="none",
            width=10,
            height=6,
        ),
    ],
    since="now-1y",
    refresh="5m",
)
