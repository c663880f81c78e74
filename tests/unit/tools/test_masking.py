"""What a tool says as it fails is kept without the secrets that its process knows."""

import html
import json
import re
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


HARD = """p&"a\\s's<wo>rd\n/% \U0001f600\\"""


def in_json(text: str) -> str:
    return json.dumps({"said": text})


@pytest.mark.parametrize(
    "secret", [SECRET, HARD, HARD[::-1], "it's so long", 'a "word" of 8', "back\\slashes"]
)
@pytest.mark.parametrize(
    "written",
    [
        html.escape,
        lambda text: html.escape(text, quote=False),
        lambda text: html.escape(html.escape(text)),
        lambda text: "".join(f"&#{ord(each)};" if not each.isalnum() else each for each in text),
        lambda text: "".join(f"&#x{ord(each):04X};" if not each.isalnum() else each for each in text),
        lambda text: in_json(in_json(text)),
        lambda text: in_json(in_json(in_json(text))),
        lambda text: repr(in_json(text)),
        lambda text: in_json(repr(text)),
        lambda text: repr(repr(text)),
        lambda text: repr(f"it's {text}"),
        lambda text: repr(text.encode()),
        lambda text: repr(in_json(text).encode()),
        ascii,
        lambda text: ascii({"said": text}),
        lambda text: quote(in_json(text)),
        lambda text: quote(quote(text)),
        lambda text: html.escape(in_json(text)),
        lambda text: in_json(html.escape(text)),
        lambda text: in_json(text).replace("<", r"\u003c").replace("&", r"\u0026"),
        str,
    ],
)
def test_a_secret_is_masked_however_often_it_was_escaped(written, secret):
    keep_secret(secret)

    masked = mask(f"Before {written(f'<{secret}>')} and after.")

    assert masked.startswith("Before ")
    assert masked.endswith(" and after.")
    assert masked.count(MASK) == 1
    assert max(re.findall("[a-z]+", secret), key=len) not in masked


@pytest.mark.parametrize("secret", ["%41%42%43%44", r"\u0041\\x41", "&amp;&lt;&gt;", "\\" * 8, "%5C%5C%25"])
def test_a_secret_that_looks_escaped_is_masked_as_it_is(secret):
    keep_secret(secret)

    assert mask(f"no {secret}, nor \\ or & or %") == "no ***, nor \\ or & or %"


@pytest.mark.parametrize(
    ("document", "number"),
    [
        ('{"pin": 1234567890123}', "1234567890123"),
        ({"pin": 1234567890123}, "1234567890123"),
        ('{"pins": [1, 12345678.50]}', "12345678.50"),
        ([12345678.5], "12345678.5"),
        (f'{{"pin": {"7" * 5000}}}', "7" * 5000),
        (1234567890123, "1234567890123"),
    ],
)
def test_a_number_of_a_document_is_a_secret(document, number):
    keep_secret(document)

    assert mask(f"the pin {number} is no good") == "the pin *** is no good"


def test_a_short_number_of_a_document_or_a_truth_is_none():
    keep_secret({"port": 5432, "pin": 1234567, "is_new": True})

    assert mask("True: 5432 and 1234567") == "True: 5432 and 1234567"


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
