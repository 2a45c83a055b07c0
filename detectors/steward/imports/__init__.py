"""The ecosystem's rule formats into ours, with a report of what cannot be said."""
