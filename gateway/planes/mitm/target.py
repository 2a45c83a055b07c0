"""Where a request is really going: what the connection proves, not what a header says."""

from __future__ import annotations

from mitmproxy.http import Request
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layers.http import HTTPMode

from gateway.errors import Refusal
from gateway.planes.heads import check_request, header, split_authority
from gateway.planes.mitm.link import Plane
from gateway.planes.refusals import plane_refusal
from gateway.types import Headers, RequestHead, RequestMeta, Target

PORTS = {"http": 80, "https": 443}


def fields_of(fields: tuple[tuple[bytes, bytes], ...]) -> Headers:
    return tuple([(name.lower(), value) for name, value in fields])


def request_meta(context: Context, mode: HTTPMode, request: Request, plane: Plane) -> RequestMeta:
    """Raises `Refusal`."""
    data = request.data
    headers = fields_of(data.headers.fields)
    check_request(data.method, data.path, headers)
    target = _target(context, mode, request, headers, plane)
    peer = context.client.peername
    head = RequestHead(data.method.decode(), target, headers)
    return RequestMeta(head, str(peer[0]) if peer else "", "mitm")


def _target(context: Context, mode: HTTPMode, request: Request, headers: Headers, plane: Plane) -> Target:
    data = request.data
    raw = data.path.decode()
    if mode is HTTPMode.transparent and data.authority:
        raise plane_refusal("invalid_headers")  # an absolute target where the connection has settled the target
    if plane.resolve is not None:
        try:
            return plane.resolve(data.method.decode(), raw)
        except Refusal:
            raise
        except Exception:  # noqa: BLE001
            raise plane_refusal("inspection_failed") from None
    if mode is HTTPMode.transparent:
        scheme, place = _tunnel_end(context)
    else:
        scheme, place = "http", split_authority(data.authority, PORTS["http"])
        if data.scheme != b"http":
            raise plane_refusal("invalid_headers")  # also a request that is meant for us: the proxy is no server
    if place is None or split_authority(header(headers, b"host"), PORTS[scheme]) != place:
        raise plane_refusal("invalid_headers")
    path, _, query = raw.partition("?")
    return Target(scheme, place[0], place[1], path, query)


def _tunnel_end(context: Context) -> tuple[str, tuple[str, int] | None]:
    """What CONNECT named, if the certificate that the client asked for is for the same host."""
    address, sni = context.server.address, context.client.sni
    if address is None:
        return "https", None
    scheme = "https" if context.client.tls_established else "http"
    if scheme == "https" and sni is not None and sni.lower().rstrip(".") != address[0]:
        return scheme, None
    return scheme, (address[0], address[1])


def connect_address(request: Request) -> tuple[str, int]:
    """The (host, port) of a CONNECT request. Raises `Refusal`."""
    headers = fields_of(request.data.headers.fields)
    hosts = [value for name, value in headers if name == b"host"]
    place = split_authority(request.data.authority, 0)
    if place is None or any(split_authority(host, place[1]) != place for host in hosts) or len(hosts) > 1:
        raise plane_refusal("invalid_headers")
    if any(name in (b"content-length", b"transfer-encoding", b"upgrade") for name, _ in headers):
        raise plane_refusal("invalid_headers")
    return place
