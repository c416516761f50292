"""What the database itself notes of a run with two workers: each change of a job and of a lease, by triggers.

The product knows nothing of it. A job is found to run twice where two of one tenant were `doing` at a time, and a lease
to be stolen where it changed hands before it had run out.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import psycopg
from psycopg.sql import SQL, Identifier
from tests.chaos.books import ask

from trueup.app.jobs.queue import make_place, place
from trueup.app.writes.leasing import LEASE_SECONDS

_NOTES = """
CREATE SCHEMA chaos;
CREATE TABLE chaos.job (id bigserial, job bigint, task text, lock text, before text, after text, worker bigint);
CREATE TABLE chaos.lease (id bigserial, name text, holder text, epoch int, until timestamptz,
                          new_holder text, new_epoch int, new_until timestamptz);
CREATE FUNCTION chaos.see_job() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO chaos.job (job, task, lock, before, after, worker) VALUES (
    COALESCE(NEW.id, OLD.id), COALESCE(NEW.task_name, OLD.task_name), COALESCE(NEW.lock, OLD.lock),
    OLD.status::text, NEW.status::text, COALESCE(NEW.worker_id, OLD.worker_id));
  RETURN NULL;
END $$;
CREATE FUNCTION chaos.see_lease() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO chaos.lease (name, holder, epoch, until, new_holder, new_epoch, new_until)
  VALUES (NEW.name, OLD.holder, OLD.epoch, OLD.expires_at, NEW.holder, NEW.epoch, NEW.expires_at);
  RETURN NULL;
END $$;
CREATE TRIGGER chaos_see AFTER UPDATE ON public.lease FOR EACH ROW EXECUTE FUNCTION chaos.see_lease();
"""

_LOOK = """
SELECT procrastinate_defer_jobs_v1(
  ARRAY[ROW('default', 'look', 20, NULL, 'look', '{"timestamp": 0}'::jsonb, NULL)]::procrastinate_job_to_defer_v1[])
"""

_WAITING = "SELECT task_name, status::text, worker_id FROM procrastinate_jobs WHERE task_name IN ('look', 'round')"


def note_all(store: str) -> None:
    """Make the queue in a store, and have the database note what happens to jobs and leases."""
    make_place(store)
    with psycopg.connect(store, autocommit=True) as connection:
        connection.execute(_NOTES)
        seen = "CREATE TRIGGER chaos_see AFTER INSERT OR UPDATE OR DELETE ON {} FOR EACH ROW EXECUTE FUNCTION {}()"
        jobs, see = Identifier(place(), "procrastinate_jobs"), Identifier("chaos", "see_job")
        connection.execute(SQL(seen).format(jobs, see))  # type: ignore[arg-type]


class Queue:
    """The queue of a run as the harness sees it; one connection that nobody cuts."""

    def __init__(self, store: str) -> None:
        options = f"-c search_path={place()}"
        self._connection = psycopg.connect(store, autocommit=True, options=options, application_name="chaos")

    def look(self) -> None:
        """Ask for a look, as the minute that is over would."""
        try:
            self._connection.execute(_LOOK)  # type: ignore[arg-type]
        except psycopg.errors.UniqueViolation:
            return  # one is waiting

    def jobs(self) -> list[tuple[str, str, int | None]]:
        """The looks and rounds that wait or are being done: task, status, worker."""
        return self._connection.execute(_WAITING).fetchall()  # type: ignore[arg-type]

    def close(self) -> None:
        self._connection.close()


@dataclass
class Noted:
    """What the database noted. `wrong` must be empty."""

    wrong: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


def noted(store: str) -> Noted:
    """Look through the notes of a run that is over and whose workers have ended."""
    found = Noted()
    _rounds(store, found)
    _leases(store, found)
    _runs(store, found)
    return found


def _rounds(store: str, found: Noted) -> None:
    doing: dict[str, set[int]] = {}
    begun = ask(store, "SELECT job, lock, before, after FROM chaos.job WHERE task = 'round' ORDER BY id")
    for job, lock, before, after in begun:
        at_it = doing.setdefault(lock, set())
        if after == "doing":
            found.counts["rounds"] += 1
            at_it.add(job)
            if len(at_it) > 1:
                found.wrong.append(f"jobs {sorted(at_it)} of {lock} were done at once")
        elif before == "doing":
            at_it.discard(job)
    left = f"SELECT id, status::text FROM {place()}.procrastinate_jobs WHERE task_name = 'round'"
    found.wrong += [f"round {job} stayed {status}" for job, status in ask(store, left)]


def _leases(store: str, found: Noted) -> None:
    changes = ask(
        store,
        "SELECT name, holder, until, new_holder, new_until FROM chaos.lease "
        "WHERE new_epoch > epoch AND holder IS NOT NULL ORDER BY id",
    )
    for name, holder, until, taker, new_until in changes:
        found.counts["leases of the dead taken over"] += 1
        if until.timestamp() > new_until.timestamp() - LEASE_SECONDS:
            found.wrong.append(f"{taker} took the lease {name} of {holder} before it had run out")


def _runs(store: str, found: Noted) -> None:
    for kind, status, reasons in ask(store, "SELECT kind, status, reasons FROM run WHERE actor = 'schedule'"):
        found.counts[f"runs {kind} {status}"] += 1
        if status == "running":
            found.wrong.append(f"a run of {kind} is shown as running for ever")
        elif status == "failed" and kind == "night" and reasons == "[]":
            found.wrong.append(f"a run of {kind} failed without a reason")
