"""The report of a run: JSON in, and a page, Markdown, a console and the README's table out."""
