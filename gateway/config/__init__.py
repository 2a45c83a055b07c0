"""The one typed configuration: `load(path, overrides) -> Config`. `table.py` holds every setting."""

from gateway.config.clients import Client, Clients
from gateway.config.load import load
from gateway.config.table import Config, Setting, settings
from gateway.config.values import Address, Url

__all__ = ["Address", "Client", "Clients", "Config", "Setting", "Url", "load", "settings"]
