"""What is not asked twice. One idea in five files, with one invariant: no answer differs from the
one without any of this. Deleting or damaging a cache costs time and nothing else
(`tests/skipping/test_same_answers.py` holds it to that).

A cache holds an answer beside the stat signatures of all that it was read from. While every
signature holds, the answer holds. A file that changed so shortly before it was looked at that a
later change could not be seen is *not settled*, and an answer that rests on it is not kept.

    quick          signatures, and cache files; imports nothing, so that an answer costs a few ms
    kept_plan      the compiled plan, while factory.yaml and all that it names stay as they are
    survey         where each artifact stands: a row for each, while its ledger stays as it is
    certificate    that nothing is to do at all: `doit` and `factory status` say so at once

What is true is decided elsewhere: `run/freshness.py` says whether an entry still holds, and
`run/status.py` where an artifact stands. doit itself asks for each stage that is left.
All caches lie in `state/.work/`, which is not committed.
"""
