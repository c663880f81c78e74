"""The OpenAPI schema, with the errors as they are: Powertools knows nothing of problem documents."""

from collections.abc import Mapping
from typing import Any

from pydantic.json_schema import models_json_schema

from functions.api.models import Problem

REFERENCE = "#/components/schemas/{model}"
UNUSED = ("HTTPValidationError", "ValidationError", "ResponseValidationError")


def with_problems(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Have every operation answer errors with problem documents."""
    _, definitions = models_json_schema([(Problem, "serialization")], ref_template=REFERENCE)
    components = schema["components"]
    models = {name: model for name, model in components["schemas"].items() if name not in UNUSED}
    return {
        **schema,
        "components": {**components, "schemas": models | definitions["$defs"]},
        "paths": {
            path: {method: _with_problem(operation) for method, operation in operations.items()}
            for path, operations in schema["paths"].items()
        },
    }


def _with_problem(operation: Mapping[str, Any]) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": {"$ref": REFERENCE.format(model=Problem.__name__)}}}
    answers = {status: answer for status, answer in operation["responses"].items() if status != "422"}
    return {
        **operation,
        "responses": {**answers, "default": {"description": "A problem.", "content": content}},
    }
