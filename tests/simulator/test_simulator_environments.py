"""Environments, the files in them, and their templates, through the SDK."""

import base64

import openai as sdk
import pytest

INLINE = {
    "type": "inline", "path": "/workspace/in/a.txt", "data": base64.b64encode(b"hello").decode(),
}  # fmt: skip
SETTINGS = {
    "files": [INLINE, {"type": "file_id", "path": "/workspace/b.txt", "file_id": "file_1"}],
    "network": {"access": "restricted", "allowed_domains": ["example.com"]},
    "packages": {"python": ["attrs"]},
    "skills": [
        {"type": "skill_reference", "skill_id": "skill_1", "version": "latest"},
        {
            "type": "inline",
            "name": "s",
            "description": "d",
            "source": {"type": "base64", "media_type": "application/zip", "data": "x"},
        },
    ],
    "plugins": [
        {
            "type": "inline",
            "name": "p",
            "description": "d",
            "source": {"type": "base64", "media_type": "application/zip", "data": "x"},
        }
    ],
    "env": {"TOKEN": "secret"},
    "setup_commands": [{"command": "secret"}],
}


@pytest.fixture
def environments(openai):
    return openai.beta.agents.environments


@pytest.fixture
def ready(environments, eventually):
    """An environment made before any session, as soon as it is ready."""

    def make(**settings):
        made = environments.create(environment={"type": "openai_hosted"} | settings)
        return eventually(
            lambda: next((e for e in [environments.retrieve(made.id)] if e.status == "ready"), None)
        )

    return make


def test_an_environment_is_pending_then_ready_and_a_webhook_says_so(
    simulator, environments, receiver, eventually, hold_against_sdk
):
    made = environments.create(environment={"type": "openai_hosted"} | SETTINGS)
    hold_against_sdk(made)

    (hook,) = eventually(lambda: receiver.received)

    event = simulator.openai.webhooks.unwrap(hook.body, hook.headers)
    assert (made.status, event.type, event.data.id) == ("pending", "agent.environment.ready", made.id)
    assert environments.retrieve(made.id).status == "ready"
    assert [each.id for each in environments.list()] == [made.id]


def test_no_secret_comes_back(environments):
    made = environments.create(environment={"type": "openai_hosted"} | SETTINGS)

    assert "secret" not in made.to_json()
    assert [(file.path, file.size_bytes) for file in made.files] == [
        ("/workspace/in/a.txt", 5),
        ("/workspace/b.txt", 0),
    ]
    assert [skill.name for skill in made.skills] == ["skill_1", "s"]


def test_the_same_key_is_the_same_environment(environments):
    made = [
        environments.create(environment={"type": "openai_hosted"}, idempotency_key="k").id for _ in range(2)
    ]

    assert made[0] == made[1]


def test_a_session_takes_over_an_environment(sessions, environments, ready):
    made = ready(**SETTINGS)

    session = sessions.create(environment={"type": "openai_hosted", "environment_id": made.id})

    assert session.environment.id == made.id
    assert session.environment.network.allowed_domains == ["example.com"]
    assert environments.retrieve(made.id).status == "connected"


@pytest.mark.parametrize(
    ("environment", "status"),
    [
        ({"type": "openai_hosted"}, "connected"),
        ({"type": "self_hosted", "workspace_directory": "/work"}, "disconnected"),
    ],
)
def test_the_environment_of_a_session_can_be_retrieved(
    sessions, environments, hold_against_sdk, environment, status
):
    session = sessions.create(environment=environment)

    seen = environments.retrieve(session.environment.id)

    assert (seen.type, seen.status) == (environment["type"], status)
    hold_against_sdk(seen)


def test_files_are_put_in_listed_by_folder_and_replaced(environments, ready, hold_against_sdk):
    made = ready(files=[INLINE])

    put = environments.files.create(made.id, type="inline", path="/workspace/out/c.txt", data="aGk=")
    environments.files.create(made.id, type="inline", path="/workspace/in/a.txt", data="")

    assert (put.environment_id, put.path, put.size_bytes) == (made.id, "/workspace/out/c.txt", 2)
    hold_against_sdk(put)
    listed = environments.files.list(made.id, order="asc", limit=1)
    assert [(file.path, file.size_bytes) for file in listed] == [
        ("/workspace/in/a.txt", 0),
        ("/workspace/out/c.txt", 2),
    ]
    assert [file.path for file in environments.files.list(made.id, path="/workspace/out")] == [put.path]


def test_an_environment_that_is_not_connected_takes_no_files(sessions, environments):
    session = sessions.create(environment={"type": "self_hosted", "workspace_directory": "/work"})

    with pytest.raises(sdk.BadRequestError, match="disconnected"):
        environments.files.list(session.environment.id)


@pytest.mark.parametrize(
    ("file", "param"),
    [
        ({"path": "a.txt"}, "path"),
        ({"path": "/etc/passwd"}, "path"),
        ({"path": "/workspace/../a"}, "path"),
        ({"data": "no base64!"}, "data"),
        ({"type": "link"}, "type"),
        ({"type": "file_id"}, "file_id"),
    ],
)
def test_a_malformed_file_is_refused(environments, ready, file, param):
    made = ready()

    with pytest.raises(sdk.BadRequestError) as refused:
        environments.files.create(made.id, **INLINE | file)

    assert refused.value.param == param


@pytest.mark.parametrize(
    ("environment", "param"),
    [
        ({"type": "self_hosted"}, "environment.type"),
        ({"type": "openai_hosted", "network": {"access": "some"}}, "environment.network.access"),
        ({"type": "openai_hosted", "files": [{"type": "inline"}]}, "environment.files[0].path"),
        ({"type": "openai_hosted", "skills": [{"type": "magic"}]}, "environment.skills[0].type"),
    ],
)
def test_a_malformed_environment_is_refused(environments, environment, param):
    with pytest.raises(sdk.BadRequestError) as refused:
        environments.create(environment=environment)

    assert refused.value.param == param
    assert list(environments.list()) == []


def test_what_is_not_there_is_not_found(sessions, environments):
    for ask in (
        lambda: environments.retrieve("env_x"),
        lambda: environments.files.list("env_x"),
        lambda: environments.templates.retrieve("envtmpl_x"),
        lambda: sessions.create(environment={"type": "openai_hosted", "environment_id": "env_x"}),
        lambda: sessions.create(
            environment={"type": "openai_hosted", "environment_template_id": "envtmpl_x"}
        ),
    ):
        with pytest.raises(sdk.NotFoundError, match="_x"):
            ask()


def test_a_template_is_kept_changed_and_deleted(environments, hold_against_sdk):
    made = environments.templates.create(name="desk", **SETTINGS)
    hold_against_sdk(made)

    changed = environments.templates.update(made.id, name=None, packages={"npm": ["left-pad"]})

    assert "secret" not in made.to_json()
    assert (made.skills[0].version, made.files[1].file_id) == ("latest", "file_1")
    assert (changed.name, changed.packages.npm, changed.packages.python) == (None, ["left-pad"], [])
    assert changed.network == made.network
    assert list(environments.templates.list()) == [environments.templates.retrieve(made.id)] == [changed]
    deleted = environments.templates.delete(made.id)
    hold_against_sdk(deleted)
    assert (deleted.deleted, list(environments.templates.list())) == (True, [])


def test_a_session_takes_from_a_template_what_it_does_not_say(sessions, environments):
    template = environments.templates.create(**SETTINGS)

    session = sessions.create(
        environment={
            "type": "openai_hosted",
            "environment_template_id": template.id,
            "packages": {"npm": ["left-pad"]},
        }
    )

    place = session.environment
    assert (place.network.access, place.packages.npm, place.packages.python) == (
        "restricted",
        ["left-pad"],
        [],
    )
    assert [file.path for file in place.files] == ["/workspace/in/a.txt", "/workspace/b.txt"]
    assert environments.templates.retrieve(template.id) == template


def test_a_template_whose_change_is_refused_stays_as_it_was(environments):
    template = environments.templates.create()

    with pytest.raises(sdk.BadRequestError) as refused:
        environments.templates.update(template.id, files=[{"type": "inline", "path": "x", "data": ""}])

    assert refused.value.param == "files[0].path"
    assert environments.templates.retrieve(template.id) == template
