"""An index for searching events by text: FTS5 trigrams on SQLite, pg_trgm on PostgreSQL.

Where the database refuses either, there is no index, and searches read the events as before.
"""

from typing import Any

from django.db import DatabaseError, migrations, transaction

SQLITE = (
    # Ids of their own: VACUUM may number the rows of a table without an integer key anew.
    """CREATE TABLE hearthkey_audit_search (
        id integer PRIMARY KEY AUTOINCREMENT, event_id char(32) NOT NULL UNIQUE, text text NOT NULL)""",
    """CREATE VIRTUAL TABLE hearthkey_audit_search_index USING fts5(
        text, content='hearthkey_audit_search', content_rowid='id', detail='full', tokenize='trigram')""",
    """CREATE TRIGGER hearthkey_audit_search_add AFTER INSERT ON hearthkey_audit_search BEGIN
        INSERT INTO hearthkey_audit_search_index (rowid, text) VALUES (new.id, new.text); END""",
    """CREATE TRIGGER hearthkey_audit_search_remove AFTER DELETE ON hearthkey_audit_search BEGIN
        INSERT INTO hearthkey_audit_search_index (hearthkey_audit_search_index, rowid, text)
        VALUES ('delete', old.id, old.text); END""",
    """INSERT INTO hearthkey_audit_search (event_id, text)
        SELECT id, subject_name || char(10) || actor_name || char(10) || client_id || char(10)
        || coalesce(ip_address, '') || char(10) || city || char(10) || device || char(10) || user_agent || char(10)
        || session_id || char(10) || request_id || char(10)
        || coalesce((SELECT group_concat(atom, char(10)) FROM json_tree(hearthkey_audit_event.data)), '')
        FROM hearthkey_audit_event ORDER BY at, id""",
    """CREATE TRIGGER hearthkey_audit_event_added AFTER INSERT ON hearthkey_audit_event BEGIN
        INSERT INTO hearthkey_audit_search (event_id, text)
        VALUES (new.id, new.subject_name || char(10) || new.actor_name || char(10) || new.client_id || char(10)
        || coalesce(new.ip_address, '') || char(10) || new.city || char(10) || new.device || char(10)
        || new.user_agent || char(10) || new.session_id || char(10) || new.request_id || char(10)
        || coalesce((SELECT group_concat(atom, char(10)) FROM json_tree(new.data)), '')); END""",
    """CREATE TRIGGER hearthkey_audit_event_changed AFTER UPDATE ON hearthkey_audit_event BEGIN
        DELETE FROM hearthkey_audit_search WHERE event_id = old.id;
        INSERT INTO hearthkey_audit_search (event_id, text)
        VALUES (new.id, new.subject_name || char(10) || new.actor_name || char(10) || new.client_id || char(10)
        || coalesce(new.ip_address, '') || char(10) || new.city || char(10) || new.device || char(10)
        || new.user_agent || char(10) || new.session_id || char(10) || new.request_id || char(10)
        || coalesce((SELECT group_concat(atom, char(10)) FROM json_tree(new.data)), '')); END""",
    """CREATE TRIGGER hearthkey_audit_event_removed AFTER DELETE ON hearthkey_audit_event BEGIN
        DELETE FROM hearthkey_audit_search WHERE event_id = old.id; END""",
)
SQLITE_BACK = (
    "DROP TRIGGER IF EXISTS hearthkey_audit_event_added",
    "DROP TRIGGER IF EXISTS hearthkey_audit_event_changed",
    "DROP TRIGGER IF EXISTS hearthkey_audit_event_removed",
    "DROP TABLE IF EXISTS hearthkey_audit_search_index",
    "DROP TABLE IF EXISTS hearthkey_audit_search",
)
POSTGRES = (
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    """CREATE INDEX hearthkey_audit_event_search ON hearthkey_audit_event USING gin ((
        subject_name || chr(10) || actor_name || chr(10) || client_id || chr(10) || coalesce(host(ip_address), '')
        || chr(10) || city || chr(10) || device || chr(10) || user_agent || chr(10) || session_id || chr(10)
        || request_id || chr(10) || data::text) gin_trgm_ops)""",
)
# The extension stays: something else may use it by now.
POSTGRES_BACK = ("DROP INDEX IF EXISTS hearthkey_audit_event_search",)


def create(apps: Any, schema_editor: Any) -> None:
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
    dependencies = [("hearthkey_audit", "0001_initial")]

    operations = [migrations.RunPython(create, drop)]
