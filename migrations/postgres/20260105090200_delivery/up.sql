-- What still has to happen: messages to transmit, receipts that came too early, input nobody could handle.
CREATE TABLE outbox (
  message_id BIGINT PRIMARY KEY NOT NULL,
  channel_id BIGINT NOT NULL,
  conversation_id BIGINT NOT NULL,
  -- queued | sending; at most one attempt is in flight.
  state TEXT NOT NULL,
  attempt BIGINT NOT NULL DEFAULT 0,
  due_at BIGINT NOT NULL,
  claimed_at BIGINT,
  created_at BIGINT NOT NULL
);
CREATE INDEX outbox_due ON outbox (state, due_at);

CREATE TABLE pending_receipt (
  channel_id BIGINT NOT NULL,
  provider_message_id TEXT NOT NULL,
  status TEXT NOT NULL,
  at BIGINT NOT NULL,
  failure_code TEXT,
  failure_detail TEXT,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (channel_id, provider_message_id, status)
);
CREATE INDEX pending_receipt_age ON pending_receipt (created_at);

CREATE TABLE quarantine (
  id BIGINT PRIMARY KEY NOT NULL,
  source TEXT NOT NULL,
  conversation_id BIGINT,
  payload TEXT NOT NULL,
  error TEXT NOT NULL,
  tries BIGINT NOT NULL,
  at BIGINT NOT NULL
);
CREATE INDEX quarantine_age ON quarantine (at);
