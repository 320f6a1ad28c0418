"""What a program's requests to its provider cost, counted on the way: a proxy on loopback.

`proxy` stands between a program and its provider for the length of one attempt and changes nothing
of what passes; `journal` keeps a line a request and sums them; `apis/` reads each provider's words.
"""
