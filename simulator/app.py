"""The application: OpenAI's API behind its gateway, the controls, and the shop."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount, Route

from simulator.controls import Controls
from simulator.conversations.routes import ConversationRoutes
from simulator.gateway import Gateway
from simulator.models.routes import model_routes
from simulator.responses.routes import ResponseRoutes
from simulator.sessions.agent_routes import AgentRoutes
from simulator.sessions.environments.routes import EnvironmentRoutes
from simulator.sessions.parts.routes import PartRoutes
from simulator.sessions.routes import SessionRoutes
from simulator.shop.routes import ShopRoutes
from simulator.threads.assistant_routes import AssistantRoutes
from simulator.threads.routes import ThreadRoutes
from simulator.threads.run_routes import ThreadRunRoutes
from simulator.webhooks.endpoints import Endpoint
from simulator.webhooks.events import EVENT_TYPES
from simulator.webhooks.routes import EndpointRoutes
from simulator.webhooks.signing import is_secret, new_secret
from simulator.wire.beta import in_beta
from simulator.wire.errors import ApiError, answer_api_error, answer_unknown_url, answer_wrong_method
from simulator.world import World


def create_app(
    *,
    webhook_url: str | None = None,
    webhook_secret: str | None = None,
    api_key: str | None = None,
    event_types: Sequence[str] = EVENT_TYPES,
    keeps_endpoints: bool = False,
) -> Starlette:
    """Make a simulator with a memory of its own.

    Serve it with `simulator.serving`: with another server everything works but the fault `lost_answer`.

    Args:
        webhook_url: Where the default endpoint is; without one, endpoints exist only as made through the API.
        webhook_secret: What the default endpoint verifies with, `whsec_` and base64; made up if absent.
        api_key: The only accepted key; any is accepted if absent.
        event_types: What an endpoint may subscribe to.
        keeps_endpoints: Whether endpoints made through the API outlive a reset, as the default one does.

    Raises:
        ValueError: The secret is none.
    """
    if webhook_secret is not None and not is_secret(webhook_secret):
        raise ValueError("a webhook secret is 'whsec_' followed by base64")
    world = World(_default_endpoint(webhook_url, webhook_secret), keeps_endpoints=keeps_endpoints)
    openai = _application(
        [
            *ResponseRoutes(world.responses).routes(),
            *model_routes(),
            *ConversationRoutes(world.conversations).routes(),
            *in_beta(_agents_api(world), name="Agents", wanted="agents=v1"),
            *in_beta(_assistants_api(world), name="Assistants", wanted="assistants=v2"),
            *EndpointRoutes(world.endpoints, world.deliveries, event_types).routes(),
        ]
    )
    gateway = Gateway(
        openai,
        journal=world.journal,
        faults=world.faults,
        api_key=api_key,
    )

    return _application(
        [
            Mount("/v1", app=gateway),
            Mount("/_sim", routes=Controls(world).routes()),
            Mount("/shop", routes=ShopRoutes(world.shop).routes()),
        ],
        closing=world.close,
    )


def _agents_api(world: World) -> list[Route]:
    return [
        *SessionRoutes(world.sessions).routes(),
        *PartRoutes(world.sessions).routes(),
        *EnvironmentRoutes(world.environments, world.templates).routes(),
        # Last, because `/agents/sessions` and `/agents/environments` are no agents of these names.
        *AgentRoutes(world.agents).routes(),
    ]


def _assistants_api(world: World) -> list[Route]:
    return [
        *AssistantRoutes(world.assistants).routes(),
        # First, because `/threads/runs` is no thread of that name.
        *ThreadRunRoutes(world.thread_runs).routes(),
        *ThreadRoutes(world.threads).routes(),
    ]


def _default_endpoint(url: str | None, secret: str | None) -> Endpoint | None:
    if url is None:
        return None
    return Endpoint(url=url, event_types=None, name="default", secret=secret or new_secret())


def _application(
    routes: Sequence[BaseRoute], *, closing: Callable[[], Awaitable[None]] | None = None
) -> Starlette:
    """Make an application that answers every error in OpenAI's envelope."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        if closing:
            await closing()

    app = Starlette(
        routes=routes,
        exception_handlers={
            ApiError: answer_api_error,
            404: answer_unknown_url,
            405: answer_wrong_method,
        },
        lifespan=lifespan,
    )
    # A slash too many is an unknown URL at OpenAI, and no redirect.
    app.router.redirect_slashes = False
    return app
