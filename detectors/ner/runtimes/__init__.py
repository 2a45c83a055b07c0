"""What computes a model: one module for each kind. Only the process that runs the model imports them."""
