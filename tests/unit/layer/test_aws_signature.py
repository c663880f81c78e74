"""Our signature beside botocore's: the same request, the same moment, the same words."""

from datetime import UTC, datetime

import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from contracts.aws_signature import Signer
from hypothesis import given
from hypothesis import strategies as st

AT = datetime(2026, 11, 27, 8, 30, 5, tzinfo=UTC)
TARGET = "AmazonSQS.SendMessage"


def signed_by_botocore(headers: dict[str, str], body: bytes, ours: Signer) -> str:
    request = AWSRequest("POST", f"https://{headers['host']}/", data=body, headers=headers)
    credentials = Credentials(ours.key_id, ours.secret, ours.token)
    signer = botocore.auth.SigV4Auth(credentials, ours.service, ours.region)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(botocore.auth, "get_current_datetime", lambda: AT.replace(tzinfo=None))
        signer.add_auth(request)
    return request.headers["Authorization"]


@given(
    body=st.binary(max_size=200),
    secret=st.text("abcXYZ019/+", min_size=1, max_size=40),
    token=st.none() | st.text("abcXYZ019/+=", min_size=1, max_size=80),
    region=st.sampled_from(["eu-west-1", "us-gov-west-1", "ap-southeast-4"]),
    port=st.sampled_from(["", ":4566"]),
)
def test_a_request_is_signed_as_botocore_signs_it(body, secret, token, region, port):
    signer = Signer("AKIDEXAMPLE", secret, token, "sqs", region)
    headers = {
        "content-type": "application/x-amz-json-1.0",
        "host": f"sqs.{region}.example{port}",
        "x-amz-target": TARGET,
    }

    ours = signer.signed(headers, body, AT.strftime("%Y%m%dT%H%M%SZ"))

    assert ours["authorization"] == signed_by_botocore(headers, body, signer)
    assert ours.get("x-amz-security-token") == token


@pytest.mark.parametrize("private", ["secret-of-ours", "token-of-ours"])
def test_credentials_do_not_show_what_is_secret(private: str):
    assert private not in repr(Signer("AKIDEXAMPLE", "secret-of-ours", "token-of-ours", "sqs", "eu-west-1"))
