"""The queue before the model: sequences of concurrent requests share its batches."""
