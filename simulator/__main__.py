"""The command: serve the simulator until it is interrupted."""

import argparse
import socket
import sys
from contextlib import suppress

from simulator.app import create_app
from simulator.serving import listen, server
from simulator.webhooks.signing import is_secret, new_secret


def main() -> None:
    options = _options()
    secret = options.webhook_secret or new_secret()
    app = create_app(
        webhook_url=options.webhook_url,
        webhook_secret=secret,
        api_key=options.api_key,
        keeps_endpoints=options.keep_endpoints,
    )
    with _listening(options.host, options.port) as listening:
        url = f"http://{options.host}:{listening.getsockname()[1]}"
        sys.stdout.write(_greeting(url, options.webhook_url, secret))
        sys.stdout.flush()
        with suppress(KeyboardInterrupt):
            server(app).run(sockets=[listening])


def _listening(host: str, port: int) -> socket.socket:
    try:
        return listen(host, port)
    except OSError as error:
        sys.exit(f"Cannot listen on {host}, port {port}: {error.strerror}. --port 0 picks a free one.")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m simulator",
        description="A stand-in for OpenAI. Its controls and faults, with an example each: docs/simulator.md",
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8787, help="0 picks a free one")
    parser.add_argument(
        "--webhook-url", help="where every webhook goes; absent, only to endpoints made by API"
    )
    parser.add_argument("--webhook-secret", type=_secret, help="whsec_...; absent, one is made up")
    parser.add_argument("--api-key", help="the only accepted key; absent, any is accepted")
    parser.add_argument(
        "--keep-endpoints", action="store_true", help="let endpoints made by API outlive POST /_sim/reset"
    )
    return parser.parse_args()


def _secret(text: str) -> str:
    if not is_secret(text):
        raise argparse.ArgumentTypeError("expected 'whsec_' followed by base64")
    return text


def _greeting(url: str, webhook_url: str | None, secret: str) -> str:
    webhooks = [
        f"webhooks go to    {webhook_url}",
        f"signed with       {secret}",
    ]
    lines = [
        f"listening on      {url}",
        f"base URL          {url}/v1",
        *(webhooks if webhook_url else ["webhooks go to    endpoints made through the API only"]),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
