-- Templates registered with WhatsApp, one row per channel, name and language. One that is gone at the provider stays: messages refer to it.
CREATE TABLE template (
  id BIGINT PRIMARY KEY NOT NULL,
  business_id BIGINT NOT NULL REFERENCES business (id),
  channel_id BIGINT NOT NULL REFERENCES channel (id),
  provider_id TEXT,
  name TEXT NOT NULL,
  language TEXT NOT NULL,
  category TEXT NOT NULL,
  status TEXT NOT NULL,
  quality TEXT NOT NULL,
  -- The provider's JSON.
  components TEXT NOT NULL,
  -- Where variables get their values; JSON.
  mapping TEXT NOT NULL DEFAULT '{}',
  invoice_only BOOLEAN NOT NULL DEFAULT FALSE,
  -- When a webhook last spoke of it: a list asked for earlier is older news.
  status_at BIGINT NOT NULL DEFAULT 0,
  synced_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX template_name ON template (channel_id, name, language);

-- Texts of a group's own, with placeholders; no provider knows of them.
CREATE TABLE saved_reply (
  id BIGINT PRIMARY KEY NOT NULL,
  business_id BIGINT NOT NULL REFERENCES business (id),
  -- NULL is every group's.
  group_id BIGINT REFERENCES team_group (id),
  name TEXT NOT NULL,
  body TEXT NOT NULL,
  -- Ids of its files; JSON.
  media_ids TEXT NOT NULL DEFAULT '[]',
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX saved_reply_name ON saved_reply (business_id, group_id, name);
