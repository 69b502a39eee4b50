-- One text to many contacts. Who gets it stands fixed from the moment it is sent; each waits in a row of their own, so that whatever
-- ends the program forgets nobody and reaches nobody twice.
CREATE TABLE broadcast (
  id BIGINT PRIMARY KEY NOT NULL,
  business_id BIGINT NOT NULL REFERENCES business (id),
  group_id BIGINT NOT NULL REFERENCES team_group (id),
  channel_id BIGINT NOT NULL REFERENCES channel (id),
  name TEXT NOT NULL,
  -- With placeholders; empty for a template.
  body TEXT NOT NULL,
  template_id BIGINT,
  -- JSON object: what the template's variables were given.
  vars TEXT NOT NULL,
  -- The caller's own id: the same again is the same broadcast.
  client_id TEXT NOT NULL,
  state TEXT NOT NULL,
  created_by BIGINT NOT NULL,
  created_by_name TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  finished_at BIGINT
);
CREATE UNIQUE INDEX broadcast_client ON broadcast (group_id, client_id);
CREATE INDEX broadcast_sending ON broadcast (id) WHERE state = 'sending';

CREATE TABLE broadcast_recipient (
  broadcast_id BIGINT NOT NULL REFERENCES broadcast (id),
  contact_id BIGINT NOT NULL REFERENCES contact (id),
  state TEXT NOT NULL,
  -- Why they were skipped.
  reason TEXT,
  message_id BIGINT,
  PRIMARY KEY (broadcast_id, contact_id)
);
CREATE INDEX broadcast_recipient_contact ON broadcast_recipient (contact_id);
CREATE INDEX broadcast_recipient_pending ON broadcast_recipient (broadcast_id, contact_id) WHERE state = 'pending';

-- Broadcasts that nobody has answered are no conversation yet: one thread per contact and group keeps them until then.
CREATE UNIQUE INDEX conversation_silent ON conversation (group_id, contact_id) WHERE status = 'silent';
