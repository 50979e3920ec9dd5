"""Runs settings as `poolsafe explain` prints them: 10 workers, 20 times the same query each, through each target.

Standard input: {"kind": ..., "code": ..., "targets": [{"name", "user", "password", "host", "port", "database"}]}.
Standard output: {"versions": {...}, "results": [{"name", "ok", "errors": {class: traceback}}]}.
"""

import asyncio
import importlib.metadata
import json
import sys
import threading
import traceback
import urllib.parse

WORKERS, TIMES = 10, 20
job = json.load(sys.stdin)


class Tally:
    def __init__(self):
        self.ok, self.errors = 0, {}

    def failed(self, error):
        kind = type(error)
        self.errors.setdefault(f"{kind.__module__}.{kind.__qualname__}", "".join(traceback.format_exception(error)))


def url(target, scheme):
    credentials = ":".join(urllib.parse.quote(target[part], safe="") for part in ("user", "password"))
    return f"{scheme}://{credentials}@{target['host']}:{target['port']}/{target['database']}"


def settings(target, scheme):
    """What the code of a recipe defines, with DATABASE_URL as it says."""
    names = {"DATABASE_URL": url(target, scheme)}
    exec(job["code"], names)
    return names


def in_threads(work):
    threads = [threading.Thread(target=work) for _ in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def asyncpg(target, tally):
    async def worker(pool):
        for n in range(TIMES):
            try:
                async with pool.acquire() as connection:
                    assert await connection.fetchval("select $1::int + 1", n, timeout=10) == n + 1
                tally.ok += 1
            except Exception as error:
                tally.failed(error)

    async def main():
        async with settings(target, "postgresql")["pool"] as pool:
            await asyncio.gather(*(worker(pool) for _ in range(WORKERS)))

    asyncio.run(main())


def sqlalchemy_async(target, tally):
    from sqlalchemy import text

    async def worker(engine):
        for n in range(TIMES):
            try:
                async with engine.begin() as connection:
                    result = await connection.execute(text("select cast(:n as int) + 1"), {"n": n})
                    assert result.scalar() == n + 1
                tally.ok += 1
            except Exception as error:
                tally.failed(error)

    async def main():
        engine = settings(target, "postgresql+psycopg" if "+psycopg:" in job["code"] else "postgresql+asyncpg")["engine"]
        await asyncio.gather(*(worker(engine) for _ in range(WORKERS)))
        await engine.dispose()

    asyncio.run(main())


def sqlalchemy_psycopg(target, tally):
    from sqlalchemy import text

    engine = settings(target, "postgresql+psycopg")["engine"]

    def worker():
        for n in range(TIMES):
            try:
                # Psycopg forgets what it has counted at a rollback, with which engine.connect() would end.
                with engine.begin() as connection:
                    assert connection.execute(text("select cast(:n as int) + 1"), {"n": n}).scalar() == n + 1
                tally.ok += 1
            except Exception as error:
                tally.failed(error)

    in_threads(worker)
    engine.dispose()


def psycopg(target, tally):
    def worker():
        connection = settings(target, "postgresql")["connection"]
        for n in range(TIMES):
            try:
                assert connection.execute("select %s::int + 1", [n]).fetchone() == (n + 1,)
                connection.commit()
                tally.ok += 1
            except Exception as error:
                tally.failed(error)
                connection.rollback()
        connection.close()

    in_threads(worker)


def django_databases(targets):
    databases = {}
    for target in targets:
        upper = {name.upper(): target[name] for name in ("user", "password", "host", "port")}
        names = {"DATABASES": {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": target["database"], **upper}}}
        exec(job["code"], names)
        databases[target["name"]] = names["DATABASES"]["default"]
    return {"default": {}, **databases}


def django(query):
    import django
    from django.conf import settings
    from django.db import connections, models

    settings.configure(DATABASES=django_databases(job["targets"]), USE_TZ=False)
    django.setup()

    class Item(models.Model):
        id = models.IntegerField(primary_key=True)

        class Meta:
            app_label, db_table, managed = "shop", "items", False

    def run(target, tally):
        def worker():
            for n in range(TIMES):
                try:
                    query(Item.objects.using(target["name"]), n % 5 + 1)
                    tally.ok += 1
                except Exception as error:
                    tally.failed(error)
            connections[target["name"]].close()

        in_threads(worker)

    return run


def get(items, id):
    assert items.get(pk=id).id == id


def iterate(items, _):
    assert [item.id for item in items.order_by("id").iterator(chunk_size=2)] == [1, 2, 3, 4, 5]


KINDS = {
    "asyncpg": lambda: asyncpg,
    "psycopg": lambda: psycopg,
    "sqlalchemy-async": lambda: sqlalchemy_async,
    "sqlalchemy-psycopg": lambda: sqlalchemy_psycopg,
    "django": lambda: django(get),
    "django iterator": lambda: django(iterate),
}

run = KINDS[job["kind"]]()
results = []
for target in job["targets"]:
    tally = Tally()
    run(target, tally)
    results.append({"name": target["name"], "ok": tally.ok, "errors": tally.errors})
versions = {name: importlib.metadata.version(name) for name in ("SQLAlchemy", "asyncpg", "psycopg", "Django")}
json.dump({"versions": versions, "results": results}, sys.stdout)
