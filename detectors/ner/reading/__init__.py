"""From a text of any length to tokens and windows, and from rows of scores back to spans of the text."""
