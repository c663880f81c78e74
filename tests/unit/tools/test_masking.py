"""What a tool says as it fails is kept without the secrets that its process knows."""

import json
from base64 import b64encode
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote, quote_plus, urlencode

import pytest
from aws_lambda_powertools.utilities import parameters

from functions.tools import masking
from functions.tools.child import MAX_DETAIL_CHARACTERS, Raised, Returned, run_in_child
from functions.tools.lambda_functions import LambdaFunctions
from functions.tools.masking import MASK, keep_secret, mask
from functions.tools.result import failed
from functions.tools.secret import Secret
from functions.tools.tool import ToolError
from runrelay.testing import given_secrets

SECRET = 'pä/ss "word" & 50% \\ more'


@pytest.fixture(autouse=True)
def _nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(masking, "_remembered", set())


@pytest.fixture
def _fresh_parameters() -> Iterator[None]:
    parameters.clear_caches()
    yield
    parameters.clear_caches()


class SecretsManager:
    """Has one secret."""

    def __init__(self, secret: str) -> None:
        self._secret = secret
        self.meta = SimpleNamespace(events=SimpleNamespace(register=lambda *_args: None))

    def get_secret_value(self, **_: Any) -> dict[str, str]:
        return {"SecretString": self._secret}


def read(secret: str, **how: Any) -> Any:
    """Read a secret as a tool does."""
    provider: Any = parameters.SecretsProvider(boto3_client=SecretsManager(secret))  # type: ignore[arg-type]
    parameters.base.DEFAULT_PROVIDERS["secrets"] = provider
    return parameters.get_secret("shop", **how)


@pytest.mark.parametrize(
    "written",
    [
        SECRET,
        json.dumps(SECRET),
        json.dumps(SECRET, ensure_ascii=False),
        json.dumps(SECRET).replace("/", r"\/"),
        repr(SECRET),
        quote(SECRET),
        quote(SECRET, safe=""),
        quote_plus(SECRET),
        quote(SECRET, safe="").replace("%C3%A4", "%c3%a4").replace("%2F", "%2f").replace("%5C", "%5c"),
        urlencode({"q": SECRET}),
    ],
)
def test_a_secret_is_masked_in_whatever_form(written):
    keep_secret(SECRET)

    masked = mask(f"GET https://shop.test/?{written}: refused")

    assert "word" not in masked
    assert masked.startswith("GET https://shop.test/?")
    assert masked.endswith(": refused")


@pytest.mark.parametrize(
    "name",
    ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "SHOP_API_KEY", "shop_password", "MY_SECRET", "TOKENS"],
)
def test_variables_that_are_named_like_credentials_hold_secrets(monkeypatch, name):
    monkeypatch.setenv(name, "swordfish")
    monkeypatch.setenv("SHOP_URL", "https://shop.test")

    assert mask("swordfish at https://shop.test") == "*** at https://shop.test"


def test_what_is_too_short_may_be_any_word(monkeypatch):
    monkeypatch.setenv("SHOP_KEY", "order-1")

    assert mask("There is no order-1.") == "There is no order-1."


@pytest.mark.parametrize("document", [{"user": "administrator", "password": "swordfish"}, ["swordfish"]])
def test_each_text_of_a_document_is_a_secret(monkeypatch, document):
    monkeypatch.setenv("SHOP_SECRET", json.dumps(document))

    assert mask("the password is swordfish") == "the password is ***"


def test_each_line_of_a_key_is_a_secret():
    keep_secret("-----BEGIN KEY-----\nc3dvcmRmaXNo\n-----END KEY-----\n")

    assert mask("bad line: c3dvcmRmaXNo") == "bad line: ***"


@pytest.mark.parametrize(
    ("secret", "how"),
    [
        ("swordfish", {}),
        (json.dumps({"password": "swordfish"}), {}),
        (json.dumps({"password": "swordfish"}), {"transform": "json"}),
        (b64encode(b"swordfish").decode(), {"transform": "binary"}),
    ],
)
@pytest.mark.usefixtures("_fresh_parameters")
def test_what_a_tool_has_read_by_powertools_is_a_secret(secret, how):
    def tool() -> None:
        raise ToolError(f"I was refused with {read(secret, **how)}, which is swordfish.")

    ending = run_in_child(tool, timeout_seconds=10, told_errors=ToolError)

    assert isinstance(ending, Raised)
    assert ending.for_model is not None
    assert "swordfish" not in ending.for_model + ending.detail
    assert "I was refused with" in ending.for_model


def test_no_secret_is_cut_in_two(monkeypatch):
    monkeypatch.setenv("SHOP_KEY", secret := "swordfish" * 100)

    def tool() -> None:
        raise ValueError(secret + "." * (MAX_DETAIL_CHARACTERS - 200))

    ending = run_in_child(tool, timeout_seconds=10, told_errors=ToolError)

    assert isinstance(ending, Raised)
    assert "swordfish" not in ending.detail


def test_what_a_lambda_function_says_is_masked(monkeypatch):
    monkeypatch.setenv("SHOP_KEY", "swordfish")
    said = b'{"errorType": "KeyError", "errorMessage": "no swordfish"}'
    answer = {"FunctionError": "Unhandled", "Payload": SimpleNamespace(read=lambda: said)}
    client: Any = SimpleNamespace(invoke=lambda **_: answer)

    ending = LambdaFunctions("shop-", lambda _: client).invoke("refund", {}, timeout_seconds=5)

    assert ending == Raised(None, said.decode().replace("swordfish", "***"))


def test_the_words_for_the_model_are_masked(monkeypatch):
    monkeypatch.setenv("SHOP_KEY", "swordfish")

    assert failed("tool_error", "no swordfish", "swordfish!") == failed("tool_error", "no ***", "***!")


def test_what_a_tool_returns_is_told_as_it_is(monkeypatch):
    monkeypatch.setenv("SHOP_KEY", "swordfish")

    assert run_in_child(lambda: "swordfish", timeout_seconds=10, told_errors=ToolError) == Returned(
        "swordfish"
    )


def test_an_odd_variable_harms_nothing(monkeypatch):
    monkeypatch.setenv("SHOP_KEY", "sword\udcfffish")

    assert mask("no sword\udcfffish, nor any") == "no ***, nor any"


def test_what_a_declared_secret_says_is_masked_once_it_is_read():
    declared = Secret("acme/shop-key")
    with given_secrets({"acme/shop-key": SECRET}):
        _ = declared.value

    assert mask(f"the shop refused {SECRET}") == f"the shop refused {MASK}"
