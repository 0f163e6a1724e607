#!/usr/bin/env python3
"""Prints the schema of a stock MLflow SQLite database in our layout: src/record/schema.sql.

    tools/mlflow_schema.py stock.db > src/record/schema.sql

Tables in order of their names, each followed by its indexes; constraint names stay, because
MLflow's later migrations name them.
"""

import re
import sqlite3
import sys

HEADER = """\
-- The tables of MLflow's tracking store (SQLite) at revision {revision}, the head of mlflow 3.17.2.
-- Made by tools/mlflow_schema.py from a database that stock mlflow created; tests/e2e compares.
"""


def split_top_level(text):
    """Splits at commas that stand in no parentheses and no quotes."""
    parts, depth, quote, start = [], 0, None, 0
    for i, c in enumerate(text):
        if quote:
            quote = None if c == quote else quote
        elif c in "'\"":
            quote = c
        elif c == "(":
            depth += 1
        elif c == ")":
            depth -= 1
        elif c == "," and depth == 0:
            parts.append(text[start:i])
            start = i + 1
    return [" ".join(part.split()) for part in [*parts, text[start:]]]


def table_sql(name, sql):
    inside = sql[sql.index("(") + 1 : sql.rindex(")")]
    lines = ",\n".join("  " + part for part in split_top_level(inside))
    return f'CREATE TABLE "{name}" (\n{lines}\n);\n'


def schema(connection):
    rows = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name").fetchall()
    for kind, name, _, sql in rows:
        if kind != "table" or name.startswith("sqlite_"):
            continue
        yield table_sql(name, sql)
        for kind2, _, owner, index in rows:
            if kind2 == "index" and owner == name and index:
                yield re.sub(r"\s+", " ", index) + ";\n"
    for kind, _, _, sql in rows:
        if kind == "trigger":
            yield re.sub(r"\s+", " ", sql) + ";\n"


def main():
    connection = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
    (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    print(HEADER.format(revision=revision))
    print("".join(schema(connection)), end="")


if __name__ == "__main__":
    main()
