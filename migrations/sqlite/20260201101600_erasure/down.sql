DROP INDEX conversation_deleted_at;
DROP INDEX conversation_closed_at;
ALTER TABLE conversation DROP COLUMN erased_at;
