"""The model's process and its clients: here on a socket, or a shared server."""
