-- The business, its people, its team inboxes and its lines. Ids are made by the program; times are microseconds since 1970 in UTC.
CREATE TABLE meta (key TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE business (
  id INTEGER PRIMARY KEY NOT NULL,
  name TEXT NOT NULL,
  country TEXT NOT NULL,
  time_zone TEXT NOT NULL,
  currency TEXT,
  settings TEXT NOT NULL DEFAULT '{}',
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);

CREATE TABLE user_account (
  id INTEGER PRIMARY KEY NOT NULL,
  business_id BIGINT NOT NULL REFERENCES business (id),
  first_name TEXT NOT NULL,
  last_name TEXT NOT NULL,
  email TEXT NOT NULL,
  role TEXT NOT NULL,
  status TEXT NOT NULL,
  password_hash TEXT,
  must_change_password BOOLEAN NOT NULL DEFAULT FALSE,
  locale TEXT,
  time_zone TEXT,
  last_seen_at BIGINT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX user_account_business ON user_account (business_id);

CREATE TABLE session (
  token_hash BLOB PRIMARY KEY NOT NULL,
  user_id BIGINT NOT NULL REFERENCES user_account (id),
  created_at BIGINT NOT NULL,
  last_used_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  user_agent TEXT
) WITHOUT ROWID;
CREATE INDEX session_of_user ON session (user_id);
CREATE INDEX session_expiry ON session (expires_at);

CREATE TABLE team_group (
  id INTEGER PRIMARY KEY NOT NULL,
  business_id BIGINT NOT NULL REFERENCES business (id),
  name TEXT NOT NULL,
  position BIGINT NOT NULL,
  status TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX team_group_name ON team_group (business_id, name);

CREATE TABLE group_member (
  group_id BIGINT NOT NULL REFERENCES team_group (id),
  user_id BIGINT NOT NULL REFERENCES user_account (id),
  role TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (group_id, user_id)
) WITHOUT ROWID;
CREATE INDEX group_member_user ON group_member (user_id);

CREATE TABLE channel (
  id INTEGER PRIMARY KEY NOT NULL,
  business_id BIGINT NOT NULL REFERENCES business (id),
  group_id BIGINT NOT NULL REFERENCES team_group (id),
  kind TEXT NOT NULL,
  provider TEXT NOT NULL,
  address TEXT NOT NULL,
  name TEXT NOT NULL,
  status TEXT NOT NULL,
  -- Encrypted by the program before it comes here.
  credentials BLOB,
  settings TEXT NOT NULL DEFAULT '{}',
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX channel_address ON channel (kind, address);
