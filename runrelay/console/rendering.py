"""Templates: every value is escaped."""

from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from runrelay.console import words
from runrelay.console.guard import Keys
from runrelay.console.notes import Notes
from runrelay.console.picture import anchor
from runrelay.durations import duration

THEMES: Final = ("auto", "light", "dark")
THEME: Final = "runrelay-theme"
FILTERS: Final = (
    *(words.visible, words.pretty, words.pretty_document, words.in_one_line, words.cut, words.left_out),
    *(duration, words.age, words.clock, words.iso, words.count, words.tokens, words.person),
    words.status_words,
)


class Pages:
    """Writes pages."""

    def __init__(self, stack_name: str, keys: Keys, notes: Notes, *, is_read_only: bool) -> None:
        self._keys = keys
        self._notes = notes
        self._stack_name = stack_name
        self._environment = Environment(
            loader=PackageLoader("runrelay.console"),
            autoescape=True,
            undefined=StrictUndefined,
            auto_reload=False,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters |= {each.__name__: each for each in FILTERS}
        self._environment.globals |= {
            "stack_name": stack_name,
            "form_token": keys.form,
            "is_read_only": is_read_only,
            "anchor": anchor,
        }

    def page(
        self, request: Request, template: str, context: Mapping[str, Any], status: int = HTTPStatus.OK
    ) -> HTMLResponse:
        """Write a whole page."""
        theme = request.cookies.get(THEME, THEMES[0])
        whole = {
            "digest": "",
            "is_live": False,
            **context,
            "here": _address(request, without="note="),
            "path": request.url.path,
            "now": datetime.now(UTC),
            "note": self._notes.take(request.query_params.get("note"), is_kept="pending" in context),
            "whole_address": _address(request, without="wait="),
            "theme": theme if theme in THEMES else THEMES[0],
        }
        return HTMLResponse(self._environment.get_template(template).render(whole), status)

    def parts(self, template: str, context: Mapping[str, Any]) -> dict[str, str]:
        """Write what changes of a page: its HTML, and its title as plain text."""
        found = self._environment.get_template(template)
        within = found.new_context({**context, "now": datetime.now(UTC)})
        html, title = ("".join(found.blocks[name](within)) for name in ("live", "title"))
        return {"html": html, "title": f"{Markup(title).unescape()} · {self._stack_name} · Runrelay"}  # noqa: S704 - of a template


def _address(request: Request, *, without: str) -> str:
    """Give the page's own address, but for one of its parameters."""
    query = "&".join(each for each in request.url.query.split("&") if each and not each.startswith(without))
    return f"{request.url.path}?{query}" if query else request.url.path
