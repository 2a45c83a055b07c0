"""The decision log as the dashboard's `RecordReader` Protocol, over the store's own reader."""
