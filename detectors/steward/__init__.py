"""What a data steward asks of rule packs: do the examples hold, what is wrong, why does it fire, what would change,
and how do packs come from elsewhere and go into use. A library; `redline rules` is its command line.

Rule for the next editor: what was matched is payload. It leaves this package only where a caller says `show`.
"""
