"""Our schema equals the one that stock MLflow of the pinned version makes, table by table."""

import re
import sqlite3
import subprocess

from record_peer import PYTHON, our_server

MAKE_STOCK = """
import sys
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore
SqlAlchemyStore("sqlite:///" + sys.argv[1], "mlflow-artifacts:/")
"""


def rows(connection, sql):
    return [tuple(row) for row in connection.execute(sql).fetchall()]


def constraints(sql):
    """Names and texts of CHECK and other constraints, which no PRAGMA shows."""
    flat = re.sub(r'\s+', " ", sql or "").replace('"', "")
    return sorted(re.findall(r"CONSTRAINT \w+", flat)) + sorted(re.findall(r"CHECK \([^()]*(?:\([^()]*\))?[^()]*\)", flat))


def table(connection, name):
    indexes = []
    for _, index, unique, origin, partial in rows(connection, f'PRAGMA index_list("{name}")'):
        columns = [row[2:5] for row in rows(connection, f'PRAGMA index_xinfo("{index}")')]
        indexes.append((index, unique, origin, partial, columns))
    (sql,) = rows(connection, f"SELECT sql FROM sqlite_master WHERE type = 'table' AND name = '{name}'")[0]
    return {
        "columns": rows(connection, f'PRAGMA table_xinfo("{name}")'),  # type, nullability, default, key
        "foreign keys": sorted(rows(connection, f'PRAGMA foreign_key_list("{name}")'), key=str),
        "indexes": sorted(indexes, key=str),
        "constraints": constraints(sql),
    }


def schema(file):
    connection = sqlite3.connect(file)
    names = rows(connection, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    tables = {name: table(connection, name) for (name,) in names}
    others = sorted((kind, name, " ".join(sql.split())) for kind, name, sql in rows(
        connection, "SELECT type, name, sql FROM sqlite_master WHERE type NOT IN ('table', 'index')"))
    return tables, others, rows(connection, "SELECT * FROM alembic_version")


def test_every_table_equals_the_stock_one(tmp_path, peer):
    peer("mlflow")
    stock = tmp_path / "stock.db"
    subprocess.run([PYTHON, "-c", MAKE_STOCK, stock], check=True, timeout=300, cwd=tmp_path)
    with our_server(tmp_path):
        pass
    ours, our_others, our_revision = schema(tmp_path / "mlflow.db")
    theirs, their_others, their_revision = schema(stock)
    assert sorted(ours) == sorted(theirs)
    assert len(theirs) > 50  # the comparison has something to compare
    for name in sorted(theirs):
        assert ours[name] == theirs[name], name
    assert our_others == their_others
    assert our_revision == their_revision


def test_the_first_rows_equal_the_stock_ones(tmp_path, peer):
    peer("mlflow")
    stock = tmp_path / "stock.db"
    subprocess.run([PYTHON, "-c", MAKE_STOCK, stock], check=True, timeout=300, cwd=tmp_path)
    with our_server(tmp_path):
        pass
    wanted = ("SELECT experiment_id, name, artifact_location, lifecycle_stage, workspace FROM experiments",
              "SELECT * FROM workspaces")
    for sql in wanted:
        assert rows(sqlite3.connect(tmp_path / "mlflow.db"), sql) == rows(sqlite3.connect(stock), sql)
