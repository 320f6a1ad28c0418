"""command: any program does the work, with the user's whole environment."""

from __future__ import annotations

import os

from factoryline.cells import program
from factoryline.cells.base import Job, Result


def run(job: Job) -> Result:
    words = program.words(job)
    done = program.run(job, job.cell.run, words, env={**os.environ, **job.cell.env}, stdin="")
    if done.code != 0:
        raise program.failed(job, done)
    value, trouble = program.handoff(job)
    return Result(handoff=value, trouble=trouble, cost=program.cost(job), by=job.cell.run[0])
