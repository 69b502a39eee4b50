-- Who may see what: groups with an end and a first one, lists of viewers on contacts and conversations, and the audit log.
ALTER TABLE team_group ADD COLUMN is_first BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE team_group SET is_first = TRUE
  WHERE id IN (SELECT MIN(id) FROM team_group WHERE position = 0 GROUP BY business_id);
CREATE UNIQUE INDEX team_group_first ON team_group (business_id) WHERE is_first;

-- Rows here: only these users see new conversations of the contact. None: everybody in the group.
CREATE TABLE contact_visibility (
  contact_id BIGINT NOT NULL REFERENCES contact (id),
  user_id BIGINT NOT NULL REFERENCES user_account (id),
  PRIMARY KEY (contact_id, user_id)
);
CREATE INDEX contact_visibility_user ON contact_visibility (user_id);

-- Taken from the contact when the conversation began; `restricted` spares the look-up for all others.
ALTER TABLE conversation ADD COLUMN restricted BOOLEAN NOT NULL DEFAULT FALSE;
CREATE TABLE conversation_visibility (
  conversation_id BIGINT NOT NULL,
  user_id BIGINT NOT NULL REFERENCES user_account (id),
  PRIMARY KEY (conversation_id, user_id)
);
CREATE INDEX conversation_visibility_user ON conversation_visibility (user_id);

-- Append-only: nothing in the program changes or deletes a line.
CREATE TABLE audit (
  id BIGINT PRIMARY KEY NOT NULL,
  business_id BIGINT NOT NULL REFERENCES business (id),
  at BIGINT NOT NULL,
  -- user | visitor | provider | system
  actor_kind TEXT NOT NULL,
  actor_id BIGINT,
  -- As it was then.
  actor_name TEXT NOT NULL,
  action TEXT NOT NULL,
  target_kind TEXT,
  target_id TEXT,
  group_id BIGINT,
  -- done | denied
  outcome TEXT NOT NULL,
  detail TEXT,
  ip TEXT
);
CREATE INDEX audit_newest ON audit (business_id, id DESC);
CREATE INDEX audit_target ON audit (target_kind, target_id);
