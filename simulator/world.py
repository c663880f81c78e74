"""Everything the simulator remembers, wired together."""

from simulator.background import Background
from simulator.conversations.conversations import Conversations
from simulator.faults import Faults
from simulator.journal import Journal
from simulator.responses.responses import Responses
from simulator.scenarios.scenarios import Scenarios
from simulator.sessions.environments.environments import Environments
from simulator.sessions.environments.templates import Templates
from simulator.sessions.news import SessionNews
from simulator.sessions.saved_agents import SavedAgents
from simulator.sessions.sessions import Sessions
from simulator.sessions.turns import SessionTurns
from simulator.shop.shop import Shop
from simulator.threads.assistants import Assistants
from simulator.threads.runs import ThreadRuns
from simulator.threads.threads import Threads
from simulator.webhooks.delivery import Deliveries
from simulator.webhooks.endpoints import Endpoint, Endpoints


class World:
    """One instance for each application; it lives in the event loop that serves it and needs no locks."""

    def __init__(self, default_endpoint: Endpoint | None, *, keeps_endpoints: bool = False) -> None:
        self._keeps_endpoints = keeps_endpoints
        self.background = Background()
        self.faults = Faults()
        self.journal = Journal()
        self.scenarios = Scenarios()
        self.shop = Shop()
        self.endpoints = Endpoints(default_endpoint)
        self.deliveries = Deliveries(
            endpoints=self.endpoints,
            faults=self.faults,
            journal=self.journal,
            background=self.background,
        )
        self.conversations = Conversations()
        self.responses = Responses(
            scenarios=self.scenarios,
            conversations=self.conversations,
            deliveries=self.deliveries,
            background=self.background,
            faults=self.faults,
        )
        self.agents = SavedAgents()
        self.templates = Templates()
        self.environments = Environments(
            templates=self.templates, deliveries=self.deliveries, background=self.background
        )
        news = SessionNews(self.deliveries)
        self.sessions = Sessions(
            agents=self.agents,
            environments=self.environments,
            faults=self.faults,
            news=news,
            turns=SessionTurns(scenarios=self.scenarios, news=news, background=self.background),
        )
        self.assistants = Assistants()
        self.threads = Threads()
        self.thread_runs = ThreadRuns(
            assistants=self.assistants,
            threads=self.threads,
            scenarios=self.scenarios,
            faults=self.faults,
            background=self.background,
        )

    async def reset(self) -> None:
        """Forget everything but the endpoints that are kept; what is under way ends without a webhook."""
        await self.background.cancel_all()
        self.faults.replace({})
        self.scenarios.clear()
        self.shop.clear()
        if not self._keeps_endpoints:
            self.endpoints.clear()
        self.conversations.clear()
        self.responses.clear()
        self.agents.clear()
        self.templates.clear()
        self.environments.clear()
        self.sessions.clear()
        self.assistants.clear()
        self.threads.clear()
        self.thread_runs.clear()
        self.journal.clear()

    async def close(self) -> None:
        await self.background.cancel_all()
        await self.deliveries.close()
