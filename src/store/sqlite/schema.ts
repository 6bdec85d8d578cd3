/** The steps of SQLite's schema, in order. A step is never changed once released; a new one is added at the end. */
export const SQLITE_SCHEMA: Readonly<Record<string, string>> = {
  '0001-gpu-samples': `
    CREATE TABLE gpus (
      id INTEGER PRIMARY KEY,
      server TEXT NOT NULL,
      uuid TEXT NOT NULL,
      name TEXT NOT NULL,
      UNIQUE (server, uuid)
    ) STRICT;
    CREATE TABLE gpu_samples (
      bucket_ms INTEGER NOT NULL,
      gpu_id INTEGER NOT NULL REFERENCES gpus (id),
      at_ms INTEGER NOT NULL,
      samples INTEGER NOT NULL,
      total INTEGER NOT NULL,
      used_sum REAL NOT NULL,
      used_max INTEGER NOT NULL,
      free_min INTEGER NOT NULL,
      ollama_sum REAL,
      ollama_n INTEGER NOT NULL,
      util_sum REAL,
      util_n INTEGER NOT NULL,
      temp_max REAL,
      power_max REAL,
      PRIMARY KEY (bucket_ms, gpu_id, at_ms)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX gpu_samples_by_age ON gpu_samples (bucket_ms, at_ms);
  `,
  '0002-audit-holds-observations': `
    CREATE TABLE audit (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      at_ms INTEGER NOT NULL,
      person_id TEXT NOT NULL,
      person_name TEXT NOT NULL,
      platform TEXT NOT NULL,
      guild_id TEXT,
      channel_id TEXT,
      action TEXT NOT NULL,
      server TEXT,
      target TEXT,
      args TEXT NOT NULL,
      result TEXT NOT NULL CHECK (result IN ('ok', 'failed', 'refused', 'canceled')),
      code TEXT,
      vram_before INTEGER,
      vram_after INTEGER
    ) STRICT;
    CREATE INDEX audit_by_person ON audit (person_id, id);
    CREATE INDEX audit_by_server ON audit (server, id);
    CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE (ABORT, 'audit is append-only'); END;
    CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE (ABORT, 'audit is append-only'); END;
    CREATE TABLE holds (
      server TEXT NOT NULL,
      model TEXT NOT NULL,
      holder_id TEXT NOT NULL,
      holder_name TEXT NOT NULL,
      platform TEXT NOT NULL,
      guild_id TEXT,
      channel_id TEXT,
      since_ms INTEGER NOT NULL,
      until_ms INTEGER,
      num_ctx INTEGER,
      PRIMARY KEY (server, model)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE observations (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      at_ms INTEGER NOT NULL,
      server TEXT NOT NULL,
      model TEXT NOT NULL,
      digest TEXT,
      ollama_version TEXT NOT NULL,
      engine TEXT NOT NULL,
      num_ctx INTEGER NOT NULL,
      request TEXT NOT NULL,
      predicted TEXT NOT NULL,
      actual TEXT NOT NULL,
      gpus TEXT NOT NULL
    ) STRICT;
    CREATE INDEX observations_by_model ON observations (server, model, id);
  `,
  '0003-schedules-watches-alerts': `
    CREATE TABLE schedules (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      owner_id TEXT NOT NULL,
      owner_name TEXT NOT NULL,
      platform TEXT NOT NULL,
      guild_id TEXT,
      channel_id TEXT NOT NULL,
      cron TEXT NOT NULL,
      time_zone TEXT NOT NULL,
      mode TEXT NOT NULL CHECK (mode IN ('post', 'live')),
      server TEXT,
      locale TEXT NOT NULL,
      created_at_ms INTEGER NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('active', 'stopped')),
      stop_reason TEXT,
      last_due_ms INTEGER,
      last_posted_ms INTEGER,
      message_id TEXT,
      nonce TEXT
    ) STRICT;
    CREATE TABLE watches (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      kind TEXT NOT NULL CHECK (kind IN ('when-fits', 'when-free')),
      owner_id TEXT NOT NULL,
      owner_name TEXT NOT NULL,
      platform TEXT NOT NULL,
      guild_id TEXT,
      channel_id TEXT,
      server TEXT,
      model TEXT,
      num_ctx INTEGER,
      free_bytes INTEGER,
      locale TEXT NOT NULL,
      created_at_ms INTEGER NOT NULL,
      expires_at_ms INTEGER NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('waiting', 'told', 'expired', 'stopped')),
      settled_at_ms INTEGER
    ) STRICT;
    CREATE INDEX watches_waiting ON watches (state, id);
    CREATE INDEX watches_by_owner ON watches (owner_id, id);
    CREATE TABLE alerts (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      server TEXT NOT NULL,
      kind TEXT NOT NULL,
      subject TEXT NOT NULL,
      params TEXT NOT NULL,
      began_at_ms INTEGER NOT NULL,
      ended_at_ms INTEGER,
      channel_id TEXT,
      message_id TEXT
    ) STRICT;
    CREATE UNIQUE INDEX alerts_open ON alerts (server, kind, subject) WHERE ended_at_ms IS NULL;
    CREATE INDEX alerts_by_time ON alerts (began_at_ms);
  `,
  '0004-model-usage': `
    CREATE TABLE model_usage (
      server TEXT NOT NULL,
      model TEXT NOT NULL,
      day TEXT NOT NULL,
      loads INTEGER NOT NULL,
      loaded_ms INTEGER NOT NULL,
      peak_vram INTEGER NOT NULL,
      last_seen_ms INTEGER NOT NULL,
      PRIMARY KEY (server, model, day)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX model_usage_by_day ON model_usage (day);
  `,
  '0005-open-answers': `
    CREATE TABLE open_answers (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      channel_id TEXT NOT NULL,
      message_id TEXT NOT NULL,
      title TEXT NOT NULL,
      locale TEXT NOT NULL,
      until_ms INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX open_answers_by_end ON open_answers (until_ms);
  `,
  '0006-interactions': `
    CREATE TABLE interactions (id TEXT PRIMARY KEY, at_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    CREATE INDEX interactions_by_time ON interactions (at_ms);
  `,
  '0008-answer-tickets': 'ALTER TABLE open_answers ADD COLUMN ticket TEXT;',
  '0009-audit-ends': `
    DROP TRIGGER audit_no_delete;
    CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
      WHEN OLD.at_ms >= (CAST(strftime('%s', 'now') AS INTEGER) - 31536000) * 1000
        AND OLD.id > (SELECT MAX(id) FROM audit) - 100000
      BEGIN SELECT RAISE (ABORT, 'audit is append-only'); END;
    CREATE TABLE probes (id INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL) STRICT;
  `,
  '0010-made-aliases': `
    CREATE TABLE made_aliases (
      server TEXT NOT NULL,
      alias TEXT NOT NULL,
      digest TEXT NOT NULL,
      base TEXT NOT NULL,
      num_ctx INTEGER NOT NULL,
      made_at_ms INTEGER NOT NULL,
      made_by TEXT NOT NULL,
      PRIMARY KEY (server, alias)
    ) STRICT, WITHOUT ROWID;
  `,
  '0012-model-sets': `
    CREATE TABLE model_sets (
      guild_id TEXT NOT NULL,
      set_key TEXT NOT NULL,
      name TEXT NOT NULL,
      models TEXT NOT NULL,
      owner_id TEXT NOT NULL,
      owner_name TEXT NOT NULL,
      created_at_ms INTEGER NOT NULL,
      PRIMARY KEY (guild_id, set_key)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE set_schedules (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      owner_id TEXT NOT NULL,
      owner_name TEXT NOT NULL,
      platform TEXT NOT NULL,
      guild_id TEXT NOT NULL,
      channel_id TEXT NOT NULL,
      set_name TEXT NOT NULL,
      server TEXT,
      start_cron TEXT NOT NULL,
      end_cron TEXT,
      time_zone TEXT NOT NULL,
      locale TEXT NOT NULL,
      created_at_ms INTEGER NOT NULL,
      start_due_ms INTEGER,
      end_due_ms INTEGER
    ) STRICT;
    CREATE INDEX set_schedules_by_guild ON set_schedules (guild_id, id);
  `,
  '0013-benches': `
    CREATE TABLE benches (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      at_ms INTEGER NOT NULL,
      server TEXT NOT NULL,
      model TEXT NOT NULL,
      digest TEXT NOT NULL,
      num_ctx INTEGER,
      gpu_share REAL,
      gpus TEXT NOT NULL,
      ollama_version TEXT NOT NULL,
      prompt_tokens INTEGER NOT NULL,
      prompt_per_second REAL,
      generated_tokens INTEGER NOT NULL,
      generated_per_second REAL NOT NULL
    ) STRICT;
    CREATE INDEX benches_by_model ON benches (server, model, id);
  `,
  '0014-reservations': `
    CREATE TABLE reservations (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      server TEXT NOT NULL,
      gpus TEXT NOT NULL,
      owner_id TEXT NOT NULL,
      owner_name TEXT NOT NULL,
      platform TEXT NOT NULL,
      guild_id TEXT,
      channel_id TEXT,
      created_at_ms INTEGER NOT NULL,
      from_ms INTEGER NOT NULL,
      until_ms INTEGER NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('standing', 'over'))
    ) STRICT;
    CREATE UNIQUE INDEX reservations_one_each ON reservations (owner_id) WHERE state = 'standing';
    CREATE INDEX reservations_by_end ON reservations (until_ms);
  `,
};
