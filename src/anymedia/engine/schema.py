"""The ledger's tables, and the steps from every earlier version of them."""

MIGRATIONS = (
    """
    CREATE TABLE job (
        id TEXT PRIMARY KEY,
        parent TEXT,
        operation TEXT NOT NULL,
        backend TEXT NOT NULL,
        model TEXT NOT NULL,
        status TEXT NOT NULL,
        idempotency_key TEXT NOT NULL UNIQUE,
        request TEXT NOT NULL,
        request_hash TEXT NOT NULL,
        account TEXT NOT NULL,
        output TEXT NOT NULL,
        selection TEXT NOT NULL,
        continues TEXT,
        run TEXT NOT NULL,
        batch TEXT,
        agent TEXT,
        created_at REAL NOT NULL,
        submitted_at REAL,
        finished_at REAL,
        reserved_nano INTEGER,
        settled_nano INTEGER,
        cost_source TEXT NOT NULL,
        private_state TEXT,
        private_step TEXT,
        kept_files TEXT NOT NULL DEFAULT '[]',
        result TEXT,
        error TEXT,
        note TEXT,
        owner TEXT,
        lease_until REAL NOT NULL DEFAULT 0
    ) STRICT;
    CREATE INDEX job_by_time ON job (created_at);
    CREATE INDEX job_by_status ON job (status);
    CREATE INDEX job_by_parent ON job (parent);

    CREATE TABLE continuation (
        id TEXT PRIMARY KEY,
        job TEXT NOT NULL,
        operation TEXT NOT NULL,
        backend TEXT NOT NULL,
        model TEXT NOT NULL,
        account TEXT NOT NULL,
        private_state TEXT NOT NULL,
        last_output TEXT,
        bytes INTEGER NOT NULL,
        created_at REAL NOT NULL,
        used_at REAL NOT NULL
    ) STRICT;

    CREATE TABLE resource (
        backend TEXT NOT NULL,
        kind TEXT NOT NULL,
        id TEXT NOT NULL,
        job TEXT NOT NULL,
        delete_request TEXT,
        created_at REAL NOT NULL,
        deleted_at REAL,
        PRIMARY KEY (backend, kind, id)
    ) STRICT;
    """,
    """
    ALTER TABLE job ADD COLUMN remote_id TEXT;
    ALTER TABLE job ADD COLUMN cancel_requested_at REAL;
    ALTER TABLE job ADD COLUMN reserved_at REAL;
    UPDATE job SET reserved_at = created_at;
    CREATE INDEX job_by_remote_id ON job (backend, remote_id);
    """,
    """
    ALTER TABLE job ADD COLUMN forgotten_at REAL;
    CREATE INDEX job_not_forgotten ON job (created_at) WHERE forgotten_at IS NULL;
    CREATE INDEX job_by_continues ON job (continues) WHERE continues IS NOT NULL;
    """,
)
"""Step N turns a ledger of version N into one of version N + 1. Columns named `private_...` are never shown or
exported and hold nothing once a job is done; money is in billionths of a dollar."""
