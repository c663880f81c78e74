"""What can be done from the pages: each is a form that is posted, and leads back to a page."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from hmac import compare_digest
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qs, quote, urlencode

import anyio.to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from runrelay.client.errors import RunrelayError
from runrelay.console import dead_letters
from runrelay.console.api import Api
from runrelay.console.guard import Keys
from runrelay.console.notes import Note, Notes
from runrelay.console.rendering import THEME, THEMES, Pages
from runrelay.reach import Where

LARGEST_FORM: Final = 1_000_000
A_YEAR: Final = 365 * 86_400
PAST: Final = {"approve": "approved", "deny": "denied"}


@dataclass(frozen=True, slots=True)
class Form:
    """What was posted."""

    fields: Mapping[str, list[str]]

    def get(self, name: str) -> str:
        return next(iter(self.fields.get(name, [])), "")

    @property
    def back(self) -> str:
        """The page of ours that it was posted from."""
        return f"/{self.get('back').lstrip('/')}"


type Action = Callable[[Request, Form], Awaitable[Response]]


class Actions:
    """Does what is asked for by a form of ours."""

    def __init__(self, api: Api, where: Where, pages: Pages, keys: Keys, notes: Notes) -> None:
        self._api = api
        self._where = where
        self._pages = pages
        self._keys = keys
        self._notes = notes

    def routes(self) -> list[Route]:
        return [
            self._route("/runs/{run_id}/decide", self.decide),
            self._route("/runs/{run_id}/output", self.give_output),
            self._route("/runs/{run_id}/cancel", self.cancel),
            self._route("/runs/{run_id}/delete", self.delete),
            self._route("/health/redrive", self.redrive),
            self._route("/theme", self.theme),
        ]

    def _route(self, path: str, action: Action) -> Route:
        """Make a route that reads a form, and refuses one that is not ours."""

        async def act(request: Request) -> Response:
            form = await _form(request)
            if not compare_digest(form.get("form_token").encode(), self._keys.form.encode()):
                raise HTTPException(
                    HTTPStatus.FORBIDDEN, "That form is not one of this console's: load its page again."
                )
            return await action(request, form)

        return Route(path, act, methods=["POST"])

    async def decide(self, request: Request, form: Form) -> Response:
        run_id, call_id, word = request.path_params["run_id"], form.get("call_id"), form.get("decision")
        if word not in PAST:
            raise HTTPException(HTTPStatus.BAD_REQUEST, "Say approve or deny.")
        decided = self._api.runs.decide(
            run_id, call_id, approve=word == "approve", reason=form.get("reason").strip() or None
        )
        return await self._done(form, decided, f"{form.get('name') or 'The call'} is {PAST[word]}.")

    async def give_output(self, request: Request, form: Form) -> Response:
        given = {"error": form.get("text")} if form.get("is") == "error" else {"output": form.get("text")}
        answered = self._api.runs.give_output(request.path_params["run_id"], form.get("call_id"), **given)
        return await self._done(form, answered, f"The output of {form.get('name') or 'the call'} is given.")

    async def cancel(self, request: Request, form: Form) -> Response:
        cancelled = self._api.runs.cancel(request.path_params["run_id"])
        return await self._done(form, cancelled, "The run is to be cancelled; it ends in a moment.")

    async def delete(self, request: Request, form: Form) -> Response:
        run_id = request.path_params["run_id"]
        try:
            await self._api.runs.delete(run_id)
        except RunrelayError as error:
            return self._to(form.back, Note(str(error), is_bad=True))
        return self._to("/", Note(f"{run_id} is being deleted, here and at OpenAI."))

    async def redrive(self, request: Request, form: Form) -> Response:
        chosen, held_back = form.fields.get("message_id", []), form.fields.get("held_back", [])
        done = await anyio.to_thread.run_sync(dead_letters.redrive, self._where, chosen, held_back)
        return self._pages.page(request, "dead_letters.html", dead_letters.seen(done, is_done=True).context)

    async def theme(self, _: Request, form: Form) -> Response:
        """Keep how pages look, over restarts."""
        chosen = form.get("theme")
        answer = self._to(form.back, None)
        answer.set_cookie(
            THEME, chosen if chosen in THEMES else THEMES[0], max_age=A_YEAR, httponly=True, samesite="strict"
        )
        return answer

    async def _done(self, form: Form, doing: Awaitable[object], words: str) -> Response:
        """Do it, and say on the page that it came from what came of it."""
        try:
            await doing
        except RunrelayError as error:
            return self._to(form.back, Note(str(error), is_bad=True))
        return self._to(form.back, Note(words))

    def _to(self, path: str, note: Note | None) -> Response:
        return RedirectResponse(self._notes.leave(note, path) if note else path, HTTPStatus.SEE_OTHER)

    def found(self, words: str) -> Response:
        """Lead to what was typed: a run's id, or else a subject."""
        if words.startswith("run_"):
            return self._to(f"/runs/{quote(words, safe='')}", None)
        return self._to(f"/?{urlencode({'subject': words})}" if words else "/", None)


async def _form(request: Request) -> Form:
    """Read a form.

    Raises:
        HTTPException: It is too large, or none.
    """
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_FORM:
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "That is too long for a form.")
    try:
        return Form(parse_qs(body.decode(), keep_blank_values=True))
    except ValueError as error:
        raise HTTPException(HTTPStatus.BAD_REQUEST, "That is no form.") from error
