"""The routes under `/v1/agents/environments`."""

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from simulator.sessions.environments.environments import Environments
from simulator.sessions.environments.templates import Templates
from simulator.wire import parameters
from simulator.wire.bodies import read_object
from simulator.wire.pages import in_order, page, token_page


class EnvironmentRoutes:
    def __init__(self, environments: Environments, templates: Templates) -> None:
        self._environments = environments
        self._templates = templates

    def routes(self) -> list[Route]:
        many = "/agents/environments"
        template = f"{many}/templates/{{template_id}}"
        return [
            # First, because `templates` is no environment of that name.
            Route(f"{many}/templates", self.create_template, methods=["POST"]),
            Route(f"{many}/templates", self.list_templates, methods=["GET"]),
            Route(template, self.retrieve_template, methods=["GET"]),
            Route(template, self.update_template, methods=["POST"]),
            Route(template, self.delete_template, methods=["DELETE"]),
            Route(many, self.create, methods=["POST"]),
            Route(many, self.list_hosted, methods=["GET"]),
            Route(f"{many}/{{environment_id}}", self.retrieve, methods=["GET"]),
            Route(f"{many}/{{environment_id}}/files", self.put_file, methods=["POST"]),
            Route(f"{many}/{{environment_id}}/files", self.list_files, methods=["GET"]),
        ]

    async def create(self, request: Request) -> JSONResponse:
        key = request.headers.get("idempotency-key")
        return JSONResponse(
            self._environments.create(await read_object(request, known=parameters.ENVIRONMENT), key)
        )

    async def list_hosted(self, request: Request) -> JSONResponse:
        return JSONResponse(page(in_order(self._environments.hosted(), request), request))

    async def retrieve(self, request: Request) -> JSONResponse:
        return JSONResponse(self._environments.get(request.path_params["environment_id"]).body)

    async def put_file(self, request: Request) -> JSONResponse:
        body = await read_object(request)
        return JSONResponse(self._environments.put_file(request.path_params["environment_id"], body))

    async def list_files(self, request: Request) -> JSONResponse:
        environment_id, folder = request.path_params["environment_id"], request.query_params.get("path")
        files = self._environments.files(environment_id, folder)
        return JSONResponse(token_page(in_order(files, request), request))

    async def create_template(self, request: Request) -> JSONResponse:
        return JSONResponse(self._templates.create(await read_object(request, known=parameters.TEMPLATE)))

    async def list_templates(self, request: Request) -> JSONResponse:
        return JSONResponse(page(in_order(self._templates.all(), request), request))

    async def retrieve_template(self, request: Request) -> JSONResponse:
        return JSONResponse(self._templates.get(request.path_params["template_id"]).as_json())

    async def update_template(self, request: Request) -> JSONResponse:
        body = await read_object(request, known=parameters.TEMPLATE)
        return JSONResponse(self._templates.update(request.path_params["template_id"], body))

    async def delete_template(self, request: Request) -> JSONResponse:
        return JSONResponse(self._templates.delete(request.path_params["template_id"]))
