DROP INDEX conversation_silent;
DROP TABLE broadcast_recipient;
DROP TABLE broadcast;
