"""The routes of what a session leaves, under `/v1/agents/sessions/{session_id}`."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulator.sessions.parts.traces import traces
from simulator.sessions.sessions import Sessions
from simulator.sessions.state import StoredSession, Subagent
from simulator.wire.bodies import JsonObject
from simulator.wire.pages import in_order, page


class PartRoutes:
    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def routes(self) -> list[Route]:
        one = "/agents/sessions/{session_id}"
        artifact = f"{one}/artifacts/{{artifact_id}}"
        subagent = f"{one}/subagents/{{subagent_id}}"
        turn = f"{subagent}/turns/{{turn_id}}"
        return [
            Route(f"{one}/artifacts", self.list_artifacts, methods=["GET"]),
            Route(artifact, self.retrieve_artifact, methods=["GET"]),
            Route(artifact, self.delete_artifact, methods=["DELETE"]),
            Route(f"{artifact}/content", self.download_artifact, methods=["GET"]),
            Route(f"{one}/traces", self.list_traces, methods=["GET"]),
            Route(f"{one}/subagents", self.list_subagents, methods=["GET"]),
            Route(subagent, self.retrieve_subagent, methods=["GET"]),
            Route(f"{subagent}/items", self.list_items_of_subagent, methods=["GET"]),
            Route(f"{subagent}/turns", self.list_turns_of_subagent, methods=["GET"]),
            Route(turn, self.retrieve_turn_of_subagent, methods=["GET"]),
            Route(f"{turn}/items", self.list_items_of_turn_of_subagent, methods=["GET"]),
        ]

    def _session(self, request: Request) -> StoredSession:
        return self._sessions.get(request.path_params["session_id"])

    def _subagent(self, request: Request) -> Subagent:
        return self._session(request).subagent(request.path_params["subagent_id"])

    async def list_artifacts(self, request: Request) -> JSONResponse:
        wanted = request.query_params.get("environment_id")
        artifacts = [each.body for each in self._session(request).artifacts]
        return _page([each for each in artifacts if wanted in (None, each["environment_id"])], request)

    async def retrieve_artifact(self, request: Request) -> JSONResponse:
        return JSONResponse(self._session(request).artifact(request.path_params["artifact_id"]).body)

    async def delete_artifact(self, request: Request) -> JSONResponse:
        session = self._session(request)
        artifact = session.artifact(request.path_params["artifact_id"])
        session.artifacts.remove(artifact)
        return JSONResponse({"id": artifact.id, "object": "agent.session.artifact.deleted", "deleted": True})

    async def download_artifact(self, request: Request) -> Response:
        artifact = self._session(request).artifact(request.path_params["artifact_id"])
        return Response(artifact.content, media_type="application/octet-stream")

    async def list_traces(self, request: Request) -> JSONResponse:
        return _page(traces(self._session(request)), request)

    async def list_subagents(self, request: Request) -> JSONResponse:
        return _page([each.body for each in self._session(request).subagents], request)

    async def retrieve_subagent(self, request: Request) -> JSONResponse:
        return JSONResponse(self._subagent(request).body)

    async def list_items_of_subagent(self, request: Request) -> JSONResponse:
        return _page(self._subagent(request).items, request)

    async def list_turns_of_subagent(self, request: Request) -> JSONResponse:
        return _page([turn.body for turn in self._subagent(request).turns], request)

    async def retrieve_turn_of_subagent(self, request: Request) -> JSONResponse:
        return JSONResponse(self._subagent(request).turn(request.path_params["turn_id"]).body)

    async def list_items_of_turn_of_subagent(self, request: Request) -> JSONResponse:
        subagent = self._subagent(request)
        turn = subagent.turn(request.path_params["turn_id"])
        return _page(subagent.items_of(turn.id), request)


def _page(items: list[JsonObject], request: Request) -> JSONResponse:
    return JSONResponse(page(in_order(items, request), request))
