"""All patterns over one text in linear time: Hyperscan finds candidates, the exact `re` confirms."""
