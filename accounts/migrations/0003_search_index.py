"""An index for searching members by text: FTS5 trigrams on SQLite, pg_trgm on PostgreSQL.

Where the database refuses either, there is no index, and searches read all members as before.
"""

from typing import Any

from django.conf import settings
from django.db import DatabaseError, migrations, transaction

SQLITE = (
    # Ids of their own: VACUUM may number the rows of a table without an integer key anew.
    """CREATE TABLE hearthkey_accounts_search (
        id integer PRIMARY KEY AUTOINCREMENT, user_id char(32) NOT NULL UNIQUE, text text NOT NULL)""",
    """CREATE VIRTUAL TABLE hearthkey_accounts_search_index USING fts5(
        text, content='hearthkey_accounts_search', content_rowid='id', tokenize='trigram')""",
    """CREATE TRIGGER hearthkey_accounts_search_add AFTER INSERT ON hearthkey_accounts_search BEGIN
        INSERT INTO hearthkey_accounts_search_index (rowid, text) VALUES (new.id, new.text); END""",
    """CREATE TRIGGER hearthkey_accounts_search_remove AFTER DELETE ON hearthkey_accounts_search BEGIN
        INSERT INTO hearthkey_accounts_search_index (hearthkey_accounts_search_index, rowid, text)
        VALUES ('delete', old.id, old.text); END""",
    """INSERT INTO hearthkey_accounts_search (user_id, text)
        SELECT id, username || char(10) || email || char(10) || first_name || char(10) || last_name || char(10)
        || display_name FROM hearthkey_accounts_user ORDER BY username""",
    """CREATE TRIGGER hearthkey_accounts_user_added AFTER INSERT ON hearthkey_accounts_user BEGIN
        INSERT INTO hearthkey_accounts_search (user_id, text)
        VALUES (new.id, new.username || char(10) || new.email || char(10) || new.first_name || char(10)
        || new.last_name || char(10) || new.display_name); END""",
    """CREATE TRIGGER hearthkey_accounts_user_changed
        AFTER UPDATE OF username, email, first_name, last_name, display_name ON hearthkey_accounts_user BEGIN
        DELETE FROM hearthkey_accounts_search WHERE user_id = old.id;
        INSERT INTO hearthkey_accounts_search (user_id, text)
        VALUES (new.id, new.username || char(10) || new.email || char(10) || new.first_name || char(10)
        || new.last_name || char(10) || new.display_name); END""",
    """CREATE TRIGGER hearthkey_accounts_user_removed AFTER DELETE ON hearthkey_accounts_user BEGIN
        DELETE FROM hearthkey_accounts_search WHERE user_id = old.id; END""",
)
SQLITE_BACK = (
    "DROP TRIGGER IF EXISTS hearthkey_accounts_user_added",
    "DROP TRIGGER IF EXISTS hearthkey_accounts_user_changed",
    "DROP TRIGGER IF EXISTS hearthkey_accounts_user_removed",
    "DROP TABLE IF EXISTS hearthkey_accounts_search_index",
    "DROP TABLE IF EXISTS hearthkey_accounts_search",
)
POSTGRES = (
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    """CREATE INDEX hearthkey_accounts_user_search ON hearthkey_accounts_user USING gin ((
        username || chr(10) || email || chr(10) || first_name || chr(10) || last_name || chr(10) || display_name)
        gin_trgm_ops)""",
)
# The extension stays: something else may use it by now.
POSTGRES_BACK = ("DROP INDEX IF EXISTS hearthkey_accounts_user_search",)


def create(apps: Any, schema_editor: Any) -> None:
    if settings.AUTH_USER_MODEL != "hearthkey_accounts.User":
        # Beside another user model there is no table of members.
        return
    connection = schema_editor.connection
    statements = {"sqlite": SQLITE, "postgresql": POSTGRES}.get(connection.vendor, ())
    try:
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
    except DatabaseError:
        # An SQLite without FTS5, or a role that may not create the extension.
        return


def drop(apps: Any, schema_editor: Any) -> None:
    connection = schema_editor.connection
    with connection.cursor() as cursor:
        for statement in {"sqlite": SQLITE_BACK, "postgresql": POSTGRES_BACK}.get(connection.vendor, ()):
            cursor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("hearthkey_accounts", "0002_labels")]

    operations = [migrations.RunPython(create, drop)]
