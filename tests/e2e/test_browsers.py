"""`AllowedOrigins`: pages of other origins call the API from a browser, which asks beforehand.

MiniStack 1.5.33 keeps a template's `CorsConfiguration` under names that it does not read: it is given it once
more. It answers what a browser asks whatever the routes are; of those on AWS a unit test tells.
"""

from collections.abc import Iterator

import httpx2
import pytest

from runrelay.stack import Stack
from tests.harness.template import Template

NAMED, OTHER = "https://app.example.com", "https://other.example.com"


@pytest.fixture(scope="module")
def browser(stack: Stack) -> Iterator[httpx2.Client]:
    """A client of the API, which lets pages of two origins in."""
    ((_, api),) = Template({"AllowedOrigins": [NAMED, "http://localhost:3000"]}).resources(
        "AWS::ApiGatewayV2::Api"
    )
    gateway = stack.client("apigatewayv2")
    gateway.update_api(ApiId=stack.http_api_id, CorsConfiguration=api["CorsConfiguration"])
    with httpx2.Client(base_url=stack.api_url, headers=stack.api_headers, trust_env=False) as http:
        yield http
    gateway.delete_cors_configuration(ApiId=stack.http_api_id)


@pytest.mark.parametrize("path", ["/runs", "/runs/run_1", "/runs/run_1/calls/call_1/output", "/openapi.json"])
def test_a_page_of_a_named_origin_is_told_what_it_may_send(browser: httpx2.Client, path: str):
    answer = browser.options(path, headers={"origin": NAMED, "access-control-request-method": "POST"})

    assert answer.is_success
    assert answer.headers["access-control-allow-origin"] == NAMED
    assert answer.headers["access-control-allow-methods"] == "GET,POST,DELETE"
    assert "idempotency-key" in answer.headers["access-control-allow-headers"]
    assert "access-control-allow-credentials" not in answer.headers


def test_a_page_of_a_named_origin_reads_the_answer_and_no_other_does(browser: httpx2.Client):
    named, other = (browser.get("/runs", headers={"origin": origin}) for origin in (NAMED, OTHER))

    assert named.headers["access-control-allow-origin"] == NAMED
    assert named.headers["access-control-expose-headers"] == "allow,location,retry-after"
    assert "access-control-allow-origin" not in other.headers
