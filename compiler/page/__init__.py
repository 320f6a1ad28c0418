"""`factory page`: what the ledger has, as one HTML file that opens from disk and asks no network.

`data` gathers, `charts` draws, `html` puts it together. Everything that agents, reviews and
repositories said is text: the page's own script makes elements and sets their text, and the
Content-Security-Policy in the file lets no other script and no address in.
"""
