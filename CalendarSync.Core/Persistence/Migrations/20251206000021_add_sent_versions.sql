-- What a push was about to write, noted before it goes out. Should its answer be lost, what is found outside is recognised as our own
-- and not taken for somebody's edit, which would win over the next edit in Rowan.

alter table public.calendar_event_mappings
    -- Hash of the external side as it was sent.
    add column if not exists sent_hash text,
    -- Hash of the Rowan side that it was made from.
    add column if not exists sent_etag text;
