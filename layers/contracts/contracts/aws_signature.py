"""Signature Version 4, as much of it as a posted JSON document needs.

A test has botocore's own signer sign the same requests.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs requests to one service."""

    key_id: str
    secret: str = field(repr=False)
    token: str | None = field(repr=False)
    service: str
    region: str

    def signed(self, headers: Mapping[str, str], body: bytes, at: str) -> dict[str, str]:
        """Give the headers of a request that is posted to `/`, its signature among them.

        Args:
            headers: All that are sent and are known by now, `host` among them, named in lower case.
            at: The moment, as `20261127T080000Z`.
        """
        named = {**headers, "x-amz-date": at}
        if self.token:
            named["x-amz-security-token"] = self.token
        names = ";".join(sorted(named))
        lines = [f"{name}:{named[name]}" for name in sorted(named)]
        request = "\n".join(["POST", "/", "", *lines, "", names, hashlib.sha256(body).hexdigest()])
        scope = f"{at[:8]}/{self.region}/{self.service}/aws4_request"
        text = "\n".join([ALGORITHM, at, scope, hashlib.sha256(request.encode()).hexdigest()])
        key = _key(self.secret, at[:8], self.region, self.service)
        signature = hmac.digest(key, text.encode(), "sha256").hex()
        who = f"{ALGORITHM} Credential={self.key_id}/{scope}"
        return {**named, "authorization": f"{who}, SignedHeaders={names}, Signature={signature}"}


@cache
def _key(secret: str, day: str, region: str, service: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
