"""The page for people: what is served, where, and how every collector does. One page of HTML, no script.

All links are relative, for the page may stand behind a prefix.
"""

from collections.abc import Iterable
from time import localtime, strftime

from motes.shared.engine import Engine, State
from motes.shared.listen import Listeners
from motes.shared.site import Site
from motes.shared.version import VERSION

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --bad: #c22; --good: #283; --dim: #777 }
@media (prefers-color-scheme: dark) { :root { --bad: #f77; --good: #7c7; --dim: #999 } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.4rem } h2 { font-size: 1.1rem; margin-top: 2rem }
table { border-collapse: collapse; width: 100% } th { text-align: left; font-weight: 600 }
th, td { padding: .2rem .8rem .2rem 0; border-bottom: 1px solid var(--line); vertical-align: top }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums }
.good { color: var(--good) } .bad { color: var(--bad) } .dim { color: var(--dim) }
td.error { overflow-wrap: anywhere }
"""

# html.escape would bring a table of all of HTML's names with it.
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"})
# Control characters have no place in HTML, in no dress.
_ESCAPES |= dict.fromkeys([*range(32), *range(127, 160)], "\ufffd") | {ord("\n"): "\n", ord("\t"): "\t"}


class StatusPage:
    """Of one program; rendered anew for each request."""

    def __init__(self, name: str, engine: Engine, listeners: Listeners, site: Site) -> None:
        self._name = name
        self._engine = engine
        self._listeners = listeners
        self._site = site

    def render(self) -> bytes:
        link = escape(self._site.telemetry_path.lstrip("/"))
        exporters: dict[str, list[State]] = {}
        for state in self._engine.states:
            exporters.setdefault(state.collector.exporter, []).append(state)
        parts = [
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(self._name)}</title><style>{_STYLE}</style></head><body>",
            f'<h1>{escape(self._name)} <span class="dim">{VERSION}</span></h1>',
            f'<p><a href="{link}">Metrics</a>, <a href="-/healthy">healthy</a>, <a href="-/ready">ready</a></p>',
            "<h2>Listening</h2><ul>",
            *[f"<li>{escape(str(each.address))}: {escape(each.state)}</li>" for each in self._listeners.listeners],
            "</ul>",
        ]
        for exporter, states in exporters.items():
            parts += _exporter(exporter, states)
        parts.append("</body></html>\n")
        return "\n".join(parts).encode("utf-8", "replace")


def _exporter(name: str, states: Iterable[State]) -> list[str]:
    return [
        f"<h2>{escape(name)}</h2><table><tr><th>Collector</th><th>State</th>",
        '<th class="number">Duration</th><th class="number">Series</th><th>Last error</th></tr>',
        *[_row(state) for state in states],
        "</table>",
    ]


def _row(state: State) -> str:
    result = state.result
    word, look = _condition(state)
    duration = f"{result.duration * 1000:.2f} ms" if result else ""
    series = str(result.series) if result and result.success else ""
    return (
        f'<tr><td>{escape(state.collector.name)}</td><td class="{look}">{word}</td><td class="number">{duration}</td>'
        f'<td class="number">{series}</td><td class="error">{_last_error(state)}</td></tr>'
    )


def _condition(state: State) -> tuple[str, str]:
    """A word for how a collector does, and how it looks."""
    if state.late:
        return "hangs", "bad"
    if state.result is None:
        return "not asked yet", "dim"
    if state.result.absent:
        return "nothing here", "dim"
    return ("works", "good") if state.result.success else ("failed", "bad")


def _last_error(state: State) -> str:
    if not state.failed_at:
        return ""
    when = strftime("%Y-%m-%d %H:%M:%S", localtime(state.failed_at))
    return f'{escape(state.last_error)} <span class="dim">{when}</span>'


def escape(text: str) -> str:
    """Text as it stands in HTML, in quotes too."""
    return text.translate(_ESCAPES)
