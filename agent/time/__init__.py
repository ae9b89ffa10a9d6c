"""Time as people say it: words, calendar, anchors and the phrases around them."""
