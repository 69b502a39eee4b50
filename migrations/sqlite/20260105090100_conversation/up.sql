-- Contacts and everything said to them. Rows written for every message refer to their conversation without a foreign key: its head is
-- checked and written in the same transaction, and one check per row would cost more than the row.
CREATE TABLE contact (
  id INTEGER PRIMARY KEY NOT NULL,
  business_id BIGINT NOT NULL REFERENCES business (id),
  kind TEXT NOT NULL,
  first_name TEXT,
  middle_name TEXT,
  last_name TEXT,
  display_name TEXT NOT NULL,
  name_is_placeholder BOOLEAN NOT NULL,
  profile_name TEXT,
  phone TEXT,
  email TEXT,
  status TEXT NOT NULL,
  version BIGINT NOT NULL DEFAULT 1,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX contact_business ON contact (business_id);

-- One mark belongs to one person, whether of the team or outside it.
CREATE TABLE identity (
  business_id BIGINT NOT NULL REFERENCES business (id),
  kind TEXT NOT NULL,
  value TEXT NOT NULL,
  owner_kind TEXT NOT NULL,
  owner_id BIGINT NOT NULL,
  verified BOOLEAN NOT NULL DEFAULT FALSE,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (business_id, kind, value)
) WITHOUT ROWID;
CREATE INDEX identity_owner ON identity (owner_kind, owner_id);

CREATE TABLE conversation (
  id INTEGER PRIMARY KEY NOT NULL,
  business_id BIGINT NOT NULL REFERENCES business (id),
  group_id BIGINT NOT NULL REFERENCES team_group (id),
  contact_id BIGINT NOT NULL REFERENCES contact (id),
  number BIGINT NOT NULL,
  status TEXT NOT NULL,
  -- The owner among the assignees, kept here for the lists.
  owner_user_id BIGINT,
  last_seq BIGINT NOT NULL,
  version BIGINT NOT NULL,
  ai_epoch BIGINT NOT NULL,
  inbound_count BIGINT NOT NULL,
  last_inbound_seq BIGINT NOT NULL,
  last_inbound_provider_id TEXT,
  -- When the customer last wrote on the line answers go out on.
  route_inbound_at BIGINT,
  last_message_id BIGINT,
  last_preview TEXT,
  last_direction TEXT,
  last_kind TEXT,
  last_status TEXT,
  last_message_at BIGINT,
  waiting_since BIGINT,
  last_activity_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX conversation_number ON conversation (business_id, number);
CREATE UNIQUE INDEX conversation_open ON conversation (group_id, contact_id) WHERE status = 'open';
CREATE INDEX conversation_contact ON conversation (contact_id);
CREATE INDEX conversation_list ON conversation (group_id, status, last_activity_at DESC, id DESC);
CREATE INDEX conversation_unassigned ON conversation (group_id, status, last_activity_at DESC, id DESC)
  WHERE owner_user_id IS NULL;

CREATE TABLE conversation_assignee (
  conversation_id BIGINT NOT NULL REFERENCES conversation (id),
  user_id BIGINT NOT NULL REFERENCES user_account (id),
  position BIGINT NOT NULL,
  is_owner BOOLEAN NOT NULL,
  -- Follows the conversation's status, so that "mine" does not wade through years of closed work.
  is_open BOOLEAN NOT NULL,
  PRIMARY KEY (conversation_id, user_id)
) WITHOUT ROWID;
CREATE INDEX conversation_assignee_user ON conversation_assignee (user_id, is_open);

CREATE TABLE conversation_route (
  conversation_id BIGINT NOT NULL REFERENCES conversation (id),
  channel_id BIGINT NOT NULL REFERENCES channel (id),
  address TEXT NOT NULL,
  -- 0 is the line answers go out on.
  position BIGINT NOT NULL,
  last_inbound_at BIGINT,
  PRIMARY KEY (conversation_id, channel_id, address)
) WITHOUT ROWID;

CREATE TABLE care_window (
  channel_id BIGINT NOT NULL,
  address TEXT NOT NULL,
  last_inbound_at BIGINT NOT NULL,
  PRIMARY KEY (channel_id, address)
) WITHOUT ROWID;

CREATE TABLE message (
  id INTEGER PRIMARY KEY NOT NULL,
  conversation_id BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  channel_id BIGINT NOT NULL,
  direction TEXT NOT NULL,
  kind TEXT NOT NULL,
  sender_kind TEXT NOT NULL,
  sender_id BIGINT,
  sender_name TEXT,
  body TEXT NOT NULL,
  extra TEXT,
  client_id TEXT,
  provider_message_id TEXT,
  reply_to TEXT,
  status TEXT,
  failure_code TEXT,
  failure_detail TEXT,
  attempt BIGINT NOT NULL DEFAULT 0,
  at BIGINT NOT NULL,
  sent_at BIGINT,
  delivered_at BIGINT,
  read_at BIGINT,
  failed_at BIGINT
);
CREATE UNIQUE INDEX message_seq ON message (conversation_id, seq);
CREATE UNIQUE INDEX message_provider ON message (channel_id, provider_message_id) WHERE provider_message_id IS NOT NULL;
CREATE UNIQUE INDEX message_client ON message (conversation_id, client_id) WHERE client_id IS NOT NULL;

CREATE TABLE media (
  id INTEGER PRIMARY KEY NOT NULL,
  business_id BIGINT NOT NULL REFERENCES business (id),
  -- NULL while an upload waits for its message.
  message_id BIGINT,
  position BIGINT NOT NULL DEFAULT 0,
  uploader_kind TEXT,
  uploader_id BIGINT,
  kind TEXT NOT NULL,
  file_name TEXT,
  mime TEXT NOT NULL,
  size BIGINT,
  sha256 TEXT,
  storage_key TEXT,
  remote_reference TEXT,
  state TEXT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX media_message ON media (message_id, position);
CREATE INDEX media_waiting ON media (created_at) WHERE message_id IS NULL OR state = 'pending';

-- The log. `position` is given by the single writer in the order of commits: whoever has read up to one has missed nothing before it.
CREATE TABLE event (
  position INTEGER PRIMARY KEY NOT NULL,
  conversation_id BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  kind TEXT NOT NULL,
  at BIGINT NOT NULL,
  message_id BIGINT,
  -- JSON; NULL for message.created, whose message row says it all.
  data TEXT
);
CREATE UNIQUE INDEX event_seq ON event (conversation_id, seq);

CREATE TABLE read_state (
  conversation_id BIGINT NOT NULL,
  user_id BIGINT NOT NULL,
  last_read_seq BIGINT NOT NULL,
  read_inbound_count BIGINT NOT NULL,
  forced_unread BOOLEAN NOT NULL,
  PRIMARY KEY (conversation_id, user_id)
) WITHOUT ROWID;
