-- What a person of the team may set for themselves.
ALTER TABLE user_account ADD COLUMN mobile TEXT;
ALTER TABLE user_account ADD COLUMN notify_enabled BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE user_account ADD COLUMN email_on_assignment BOOLEAN NOT NULL DEFAULT FALSE;

-- A mail is a row until it is sent. Its letter may hold a secret link: the program seals it before it comes here and drops it once it left.
CREATE TABLE mail (
  id INTEGER PRIMARY KEY NOT NULL,
  user_id BIGINT REFERENCES user_account (id),
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  letter BLOB,
  attempt BIGINT NOT NULL,
  due_at BIGINT NOT NULL,
  detail TEXT,
  created_at BIGINT NOT NULL,
  sent_at BIGINT
);
CREATE INDEX mail_due ON mail (due_at) WHERE state = 'queued';
CREATE INDEX mail_user ON mail (user_id);

-- One-time links and temporary passwords. Only the hash of a token is stored.
CREATE TABLE access_link (
  id INTEGER PRIMARY KEY NOT NULL,
  user_id BIGINT NOT NULL REFERENCES user_account (id),
  purpose TEXT NOT NULL,
  token_hash BLOB NOT NULL,
  mail_id BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at BIGINT
);
CREATE UNIQUE INDEX access_link_token ON access_link (token_hash);
CREATE INDEX access_link_user ON access_link (user_id);

-- The authenticator app of a user; the secret is sealed.
CREATE TABLE second_factor (
  user_id INTEGER PRIMARY KEY NOT NULL REFERENCES user_account (id),
  secret BLOB NOT NULL,
  confirmed BOOLEAN NOT NULL,
  -- No code of this step or an earlier one is accepted any more.
  last_step BIGINT NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE TABLE recovery_code (
  user_id BIGINT NOT NULL REFERENCES user_account (id),
  code_hash BLOB NOT NULL,
  PRIMARY KEY (user_id, code_hash)
) WITHOUT ROWID;
