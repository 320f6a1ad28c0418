"""Which tests a change needs, why each of them, and when the whole scope has to run instead.

The door is `choose.choose(change, scope) -> Choice`. Nothing here imports the rest of factoryline,
and nothing runs, asks git or writes: a caller brings the files (`tree`), what differs (`change`)
and what is known of the tests (`scope`), among it a coverage map if there is one.

How a choice is made:

1. Every changed file is of a sort (`paths`). Prose needs the tests that name it, configuration is
   judged key by key (`configuration`), a conftest by its fixtures (`fixtures`); a rule of the user
   comes before all of that.
2. Of changed Python (`python`), `outline` says what the parts of a file are, `differences` which of
   them differ, and `divergence` from which old lines on two versions do something else.
3. With a coverage map (`coverage_map`), `reach` answers which tests execute these lines. What runs
   at import has no lines of its own: `dependents_by_map` follows its name to where it is read.
   What one test built for all (`shared_state`) counts for each of them.
4. Without a map, names and imports are the evidence (`dependents_by_name`, `imports`). More is
   found than there is.
5. All of it comes together in an `Impact`: tests with reasons, and doubts. A doubt widens the
   choice to the whole scope (`suite`), with the reason. A choice is never empty.
6. `ranking` finds the likeliest for the inner loop.

A map is made from coverage data by `recording` and brought to a later commit by `carry`.
`conventions` says which files are tests at all, and which tests mention a file.
"""
