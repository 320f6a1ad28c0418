"""command: any program does the work."""

from __future__ import annotations

from factoryline.cells import program
from factoryline.cells.base import Job, Result


def run(job: Job) -> Result:
    return program.run(job, job.cell.run, env=job.cell.env)
