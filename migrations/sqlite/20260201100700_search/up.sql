-- How many conversations each list of an inbox holds, kept by whoever changes a conversation. `user_id` 0 is everybody who sees the group.
CREATE TABLE inbox_count (
  group_id BIGINT NOT NULL,
  user_id BIGINT NOT NULL,
  list TEXT NOT NULL,
  total BIGINT NOT NULL,
  PRIMARY KEY (group_id, user_id, list)
) WITHOUT ROWID;

-- Contacts whose search words are to be made anew. Only ever added to, so that whoever changes a contact waits for nobody.
CREATE TABLE search_pending (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  contact_id BIGINT NOT NULL
);
INSERT INTO search_pending (contact_id) SELECT id FROM contact ORDER BY id;
CREATE TRIGGER contact_search_new AFTER INSERT ON contact
  BEGIN INSERT INTO search_pending (contact_id) VALUES (NEW.id); END;
CREATE TRIGGER contact_search_news
  AFTER UPDATE OF first_name, middle_name, last_name, display_name, profile_name, phone, email ON contact
  BEGIN INSERT INTO search_pending (contact_id) VALUES (NEW.id); END;
CREATE TRIGGER contact_search_gone AFTER DELETE ON contact
  BEGIN INSERT INTO search_pending (contact_id) VALUES (OLD.id); END;

CREATE INDEX conversation_waiting ON conversation (group_id, last_activity_at DESC, id DESC)
  WHERE status = 'open' AND waiting_since IS NOT NULL;
