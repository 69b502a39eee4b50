DROP TABLE draft;
DROP INDEX conversation_snoozed;
ALTER TABLE conversation DROP COLUMN previous_id;
ALTER TABLE conversation DROP COLUMN deleted_at;
ALTER TABLE conversation DROP COLUMN closing_note;
ALTER TABLE conversation DROP COLUMN closed_at;
ALTER TABLE conversation DROP COLUMN snoozed_until;
