-- The way in for other programs, and the way out to them.

-- A token acts for whoever made it, within its scopes. Only its hash is stored; the hint is its last characters, for people to tell them apart.
CREATE TABLE api_token (
  id BIGINT PRIMARY KEY NOT NULL,
  business_id BIGINT NOT NULL REFERENCES business (id),
  user_id BIGINT NOT NULL REFERENCES user_account (id),
  name TEXT NOT NULL,
  -- Separated by spaces.
  scopes TEXT NOT NULL,
  token_hash BYTEA NOT NULL,
  hint TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT,
  last_used_at BIGINT,
  revoked_at BIGINT
);
CREATE UNIQUE INDEX api_token_hash ON api_token (token_hash);
CREATE INDEX api_token_business ON api_token (business_id);

CREATE TABLE webhook (
  id BIGINT PRIMARY KEY NOT NULL,
  business_id BIGINT NOT NULL REFERENCES business (id),
  -- Sees what they see.
  user_id BIGINT NOT NULL REFERENCES user_account (id),
  url TEXT NOT NULL,
  -- Separated by spaces.
  events TEXT NOT NULL,
  -- Sealed by the program before it comes here.
  secret BYTEA NOT NULL,
  enabled BOOLEAN NOT NULL,
  -- Why it is off, when nobody switched it off.
  reason TEXT,
  -- How far in the log its deliveries have been made.
  position BIGINT NOT NULL,
  failing_since BIGINT,
  created_at BIGINT NOT NULL
);
CREATE INDEX webhook_business ON webhook (business_id);

-- No content: the body is made from the log when it is sent.
CREATE TABLE webhook_delivery (
  id BIGINT PRIMARY KEY NOT NULL,
  webhook_id BIGINT NOT NULL REFERENCES webhook (id),
  event TEXT NOT NULL,
  -- None for a ping.
  conversation_id BIGINT,
  position BIGINT,
  -- queued | delivered | failed | dropped
  state TEXT NOT NULL,
  attempt BIGINT NOT NULL,
  due_at BIGINT NOT NULL,
  -- HTTP status of the last attempt, and what went wrong.
  answer BIGINT,
  problem TEXT,
  created_at BIGINT NOT NULL,
  finished_at BIGINT
);
-- An event is queued once, whatever happens in between.
CREATE UNIQUE INDEX webhook_delivery_event ON webhook_delivery (webhook_id, position);
CREATE INDEX webhook_delivery_due ON webhook_delivery (webhook_id, due_at) WHERE state = 'queued';
CREATE INDEX webhook_delivery_order ON webhook_delivery (webhook_id, conversation_id, id) WHERE state = 'queued';
CREATE INDEX webhook_delivery_log ON webhook_delivery (webhook_id, id DESC);
CREATE INDEX webhook_delivery_age ON webhook_delivery (finished_at) WHERE finished_at IS NOT NULL;
