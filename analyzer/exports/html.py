"""The report as one HTML file that needs nothing else: no script, no address, no photograph."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from analyzer.exports.page import Page
from analyzer.words import say, table
from calibration.language import language

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #1c2026; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin-bottom: 0 } h2 { font-size: 1.1rem; margin-top: 2rem }
.standing, .verdict { border-left: 4px solid #1d4f7a; background: #eef2f6; padding: .8rem 1rem; margin: 1rem 0 }
.status { font-weight: 700;  } svg { max-width: 100%; height: auto }
table { border-collapse: collapse; font-size: .9rem; width: 100% } th, td { text-align: left; padding: .3rem .5rem; }
tr + tr { border-top: 1px solid #dde4ec } .wide { overflow-x: auto } li { margin: .3rem 0 } .quiet { color: #565d68 }
"""


def html_report(page: Page, chart_svg: str) -> str:
    """The whole file as text."""
    verdict = page.verdict
    standing = f'<p class="standing" role="note">{escape(verdict["standing"])}</p>'
    status = escape(say(f"status.{verdict['status']}"))
    summary = f'<p><span class="status">{status}.</span> {escape(verdict["summary"])}</p>'
    ask = f"<p>{escape(verdict['ask'])}</p>" if verdict.get("ask") else ""
    flags = _list(f"{flag['message']} {flag['detail']}" for flag in verdict["flags"])
    head = f"<h1>{escape(page.title)}</h1><p class=quiet>{escape(page.treated)}</p>"
    sections = [
        _section(
            say("report.trend"),
            f'<div role="img" aria-label="{escape(say("trend.alt"))}">{chart_svg}</div>',
        ),
        _section(say("report.days"), _table(page.days)),
        _section(say("report.claims"), _list(page.claims)),
        _section(say("report.problems"), _list(page.problems)),
    ]
    return (
        f'<!doctype html><html lang="{language()}"><head><meta charset="utf-8"><title>{escape(page.title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head>'
        f'<body><main>{head}{standing}<div class="verdict">{summary}{ask}{flags}</div>{"".join(sections)}'
        f"<p class=quiet>{escape(say('report.note').strip())}</p></main></body></html>\n"
    )


def _section(title: str, content: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{content}</section>" if content else ""


def _list(lines: Iterable[str]) -> str:
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f"<ul>{items}</ul>" if items else ""


def _table(rows: tuple[tuple[str, ...], ...]) -> str:
    header = "".join(f'<th scope="col">{escape(name)}</th>' for name in table("report.columns").values())
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="wide"><table><tr>{header}</tr>{body}</table></div>'
