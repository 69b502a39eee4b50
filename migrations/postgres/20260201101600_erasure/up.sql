-- When the content of a conversation went: by retention, thirty days after it was deleted, or with the contact. The frame stays.
ALTER TABLE conversation ADD COLUMN erased_at BIGINT;
CREATE INDEX conversation_closed_at ON conversation (closed_at, erased_at) WHERE status = 'closed';
CREATE INDEX conversation_deleted_at ON conversation (deleted_at) WHERE status = 'deleted' AND erased_at IS NULL;
