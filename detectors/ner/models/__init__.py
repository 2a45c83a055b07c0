"""Which model: choosing, opening, verifying, what its labels mean. Imports nothing heavy by itself."""
