DROP TABLE quarantine;
DROP TABLE pending_receipt;
DROP TABLE outbox;
