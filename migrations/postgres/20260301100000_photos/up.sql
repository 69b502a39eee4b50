-- Photos a group keeps to send: products, places, the state of an order. The file itself is a row of `media` in the group's library.
CREATE TABLE photo (
  id BIGINT PRIMARY KEY NOT NULL,
  business_id BIGINT NOT NULL REFERENCES business (id),
  group_id BIGINT NOT NULL REFERENCES team_group (id),
  media_id BIGINT NOT NULL,
  name TEXT NOT NULL,
  -- The order or invoice it shows.
  reference TEXT,
  created_by BIGINT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX photo_group ON photo (group_id, name);
