-- Mail to contacts: who wants none, and what was mailed to everybody who did.

-- The newest word about e-mail; nothing is known where there is no row.
CREATE TABLE email_consent (
  contact_id INTEGER PRIMARY KEY NOT NULL REFERENCES contact (id),
  -- unknown | opted_in | opted_out
  state TEXT NOT NULL,
  -- link | manual | import
  source TEXT NOT NULL,
  evidence TEXT,
  at BIGINT NOT NULL
);

CREATE TABLE email_announcement (
  id INTEGER PRIMARY KEY NOT NULL,
  business_id BIGINT NOT NULL REFERENCES business (id),
  -- The line it tells people about.
  channel_id BIGINT NOT NULL REFERENCES channel (id),
  -- The browser's own: asked twice, it is mailed once.
  client_id TEXT NOT NULL,
  subject TEXT NOT NULL,
  body TEXT NOT NULL,
  created_by BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  stopped_at BIGINT,
  UNIQUE (business_id, client_id)
);
CREATE INDEX email_announcement_channel ON email_announcement (channel_id, id);

-- Who gets it is settled when it is made; where to, when it is sent. No address stands here.
CREATE TABLE email_recipient (
  announcement_id BIGINT NOT NULL REFERENCES email_announcement (id),
  contact_id BIGINT NOT NULL REFERENCES contact (id),
  -- queued | sending | sent | failed | skipped | unknown (a crash fell into the sending)
  state TEXT NOT NULL,
  -- Why skipped: opted_out | gone | stopped
  reason TEXT,
  -- What the mail server said.
  detail TEXT,
  -- Names the mail, in every attempt the same.
  mail_id BIGINT,
  attempt BIGINT NOT NULL,
  due_at BIGINT NOT NULL,
  -- Since when the state.
  at BIGINT NOT NULL,
  PRIMARY KEY (announcement_id, contact_id)
) WITHOUT ROWID;
CREATE INDEX email_recipient_due ON email_recipient (due_at) WHERE state = 'queued';
CREATE INDEX email_recipient_sending ON email_recipient (announcement_id) WHERE state = 'sending';
CREATE INDEX email_recipient_contact ON email_recipient (contact_id);
CREATE INDEX contact_with_email ON contact (business_id, id) WHERE email IS NOT NULL;
