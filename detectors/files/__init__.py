"""Files that people write: YAML with places, fields read one by one, problems with their mend."""
