"""Templates of hosted environments, from which sessions take what they do not say themselves."""

import time
from dataclasses import dataclass, field

from simulator.sessions.environments.settings import place, plugins, skills, template_files
from simulator.wire.bodies import JsonObject
from simulator.wire.errors import not_found
from simulator.wire.identifiers import new_id


@dataclass
class Template:
    """A template.

    Attributes:
        asked: What its creation and updates have asked for, confidential values included.
    """

    asked: JsonObject
    id: str = field(default_factory=lambda: new_id("envtmpl"))
    created_at: int = field(default_factory=lambda: int(time.time()))
    updated_at: int = field(default_factory=lambda: int(time.time()))

    def as_json(self) -> JsonObject:
        installed = {
            "files": template_files(self.asked, ""),
            "plugins": plugins(self.asked, ""),
            "skills": skills(self.asked, ""),
        }
        about = {
            "id": self.id,
            "object": "agent.environment.template",
            "name": self.asked.get("name"),
            "created_at": self.created_at,
            "updated_at": self.updated_at,
        }
        return about | place(self.asked, "") | installed


class Templates:
    def __init__(self) -> None:
        self._kept: dict[str, Template] = {}

    def create(self, request: JsonObject) -> JsonObject:
        template = Template(request)
        told = template.as_json()
        self._kept[template.id] = template
        return told

    def get(self, template_id: object) -> Template:
        if not isinstance(template_id, str) or template_id not in self._kept:
            raise not_found(f"Environment template with id '{template_id}' not found.")
        return self._kept[template_id]

    def update(self, template_id: str, request: JsonObject) -> JsonObject:
        """Change what the request names, all of it or nothing; what was made from it stays."""
        template = self.get(template_id)
        asked = template.asked | request
        Template(asked).as_json()
        template.asked, template.updated_at = asked, int(time.time())
        return template.as_json()

    def delete(self, template_id: str) -> JsonObject:
        del self._kept[self.get(template_id).id]
        return {"id": template_id, "object": "agent.environment.template.deleted", "deleted": True}

    def all(self) -> list[JsonObject]:
        return [template.as_json() for template in self._kept.values()]

    def clear(self) -> None:
        self._kept.clear()
