"""Which layer speaks on a connection: HTTP/1.1, in the clear or inside TLS. There is no third."""

from __future__ import annotations

from mitmproxy.connection import ConnectionState, Server
from mitmproxy.net.tls import starts_like_tls_record
from mitmproxy.proxy import commands, events, layer, tunnel
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layers import http as http_layers
from mitmproxy.proxy.layers.http import GetHttpConnection, GetHttpConnectionCompleted, HTTPMode
from mitmproxy.proxy.layers.tls import ClientTLSLayer, ServerTLSLayer

from gateway.planes.mitm.calls import Commands
from gateway.planes.mitm.http1 import GateHttp1Client, GateHttp1Server
from gateway.planes.mitm.link import Plane
from gateway.planes.mitm.stream import GateStream


def top_layer(context: Context, plane: Plane) -> layer.Layer:
    context.layers.clear()
    return GateHttpLayer(context, HTTPMode.regular if plane.resolve is None else HTTPMode.transparent)


def choose_layer(next_layer: layer.NextLayer) -> None:
    """Inside a CONNECT tunnel. Stock mitmproxy would relay what it does not know, and port 53, unread."""
    data: bytes = next_layer.data_client()  # type: ignore[no-untyped-call]
    if len(data) < 3 and data[:1] in (b"", b"\x16"):
        return  # more is to come; the head clock runs
    context = next_layer.context
    if starts_like_tls_record(data):
        tls = ClientTLSLayer(context)
        tls.child_layer = GateHttpLayer(context, HTTPMode.transparent)
        next_layer.layer = tls
    else:
        next_layer.layer = GateHttpLayer(context, HTTPMode.transparent)


class GateHttpClient(http_layers.HttpClient):
    """Opens an upstream connection and speaks HTTP/1.1 on it."""

    def _handle_event(self, event: events.Event) -> Commands[None]:
        error: str | None = yield commands.OpenConnection(self.context.server)
        if not error:
            self.child_layer = GateHttp1Client(self.context)
            self._handle_event = self.child_layer.handle_event  # type: ignore[method-assign]
            yield from self._handle_event(event)
        yield http_layers.RegisterHttpConnection(self.context.server, error)


class GateHttpLayer(http_layers.HttpLayer):
    def _handle_event(self, event: events.Event) -> Commands[None]:
        if isinstance(event, events.Start):
            self.connections[self.context.client] = GateHttp1Server(self.context.fork())
            yield from self.event_to_child(self.connections[self.context.client], event)
        elif isinstance(event, events.ConnectionEvent) and event.connection not in self.connections:
            return  # the last words of an upstream connection that was given up
        else:
            yield from super()._handle_event(event)

    def make_stream(self, stream_id: int) -> Commands[None]:
        self.streams[stream_id] = stream = GateStream(self.context.fork(), stream_id, self.mode)
        yield from self.event_to_child(stream, events.Start())

    def get_connection(self, event: GetHttpConnection, *, reuse: bool = True) -> Commands[None]:
        """An idle connection of this client to the same place, or a new one; never one that somebody shares."""
        for connection in list(self.connections):
            if not isinstance(connection, Server):
                continue
            if connection.state is ConnectionState.CLOSED and connection not in self.waiting_for_establishment:
                del self.connections[connection]
            elif reuse and connection.connected and event.connection_spec_matches(connection):
                stream = self.command_sources.pop(event)
                yield from self.event_to_child(stream, GetHttpConnectionCompleted(event, (connection, None)))
                return
        context = self.context.fork()
        context.server = Server(address=event.address, transport_protocol="tcp")
        stack = tunnel.LayerStack()
        if event.tls:
            context.server.sni = event.address[0]
            stack /= ServerTLSLayer(context)
        stack /= GateHttpClient(context)
        self.connections[context.server] = stack[0]
        self.waiting_for_establishment[context.server].append(event)
        yield from self.event_to_child(stack[0], events.Start())
