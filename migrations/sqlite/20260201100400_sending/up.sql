-- Rules of sending: what people said about being written to, business hours, and messages held until a moment.

-- The newest word per line and topic; nothing is known where there is no row.
CREATE TABLE consent (
  contact_id BIGINT NOT NULL REFERENCES contact (id),
  channel_kind TEXT NOT NULL,
  -- 0: every line of the kind.
  channel_id BIGINT NOT NULL,
  -- all | marketing
  topic TEXT NOT NULL,
  -- unknown | opted_in | opted_out
  state TEXT NOT NULL,
  -- keyword | provider | manual | import
  source TEXT NOT NULL,
  evidence TEXT,
  at BIGINT NOT NULL,
  PRIMARY KEY (contact_id, channel_kind, channel_id, topic)
);

-- No row for the business: always open. No row for a group: the business's hours.
CREATE TABLE business_hours (
  business_id BIGINT NOT NULL REFERENCES business (id),
  -- 0: the business itself.
  group_id BIGINT NOT NULL,
  -- JSON: time zone, weekly intervals, holidays.
  schedule TEXT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (business_id, group_id)
);

-- In the outbox such a message has the state 'held'.
ALTER TABLE message ADD COLUMN hold_reason TEXT;
ALTER TABLE message ADD COLUMN release_at BIGINT;
CREATE INDEX outbox_conversation ON outbox (conversation_id);

-- Windows end in this order.
CREATE INDEX care_window_end ON care_window (last_inbound_at);
