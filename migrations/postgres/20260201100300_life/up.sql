-- The later life of a conversation: asleep, closed with a word, deleted, one after another; and what somebody has begun to write.
ALTER TABLE conversation ADD COLUMN snoozed_until BIGINT;
ALTER TABLE conversation ADD COLUMN closed_at BIGINT;
ALTER TABLE conversation ADD COLUMN closing_note TEXT;
ALTER TABLE conversation ADD COLUMN deleted_at BIGINT;
ALTER TABLE conversation ADD COLUMN previous_id BIGINT;
CREATE INDEX conversation_snoozed ON conversation (snoozed_until) WHERE snoozed_until IS NOT NULL;

-- One per user and conversation; nobody else ever reads it.
CREATE TABLE draft (
  conversation_id BIGINT NOT NULL,
  user_id BIGINT NOT NULL REFERENCES user_account (id),
  body TEXT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (conversation_id, user_id)
);
